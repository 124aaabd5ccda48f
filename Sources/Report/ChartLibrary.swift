import Diagnostics
import Foundation
import HostSystem
package import SystemPackage

/// The library that draws the charts: D3, as Debian packages it.
package struct ChartLibrary: Sendable {
    /// Where the package node-d3 has it.
    package static let path: FilePath = "/usr/share/nodejs/d3/dist/d3.min.js"
    /// The Debian package.
    package static let package = "node-d3"

    /// The program's text, fit to stand inside a script element.
    let text: String

    /// Reads the library of this machine.
    ///
    /// - Throws: `Failure` of kind `environment` when it is not installed.
    package static func read(from path: FilePath = Self.path) throws -> ChartLibrary {
        guard Files.exists(path) else {
            throw Failure(
                .environment, "the library that draws the charts is missing: there is no `\(path)`",
                hint: "install it: apt-get install \(package); --format markdown does without")
        }
        let text = try Files.readText(path)
        // The end tag of a script may stand in one of its strings, where this means the same.
        return ChartLibrary(text: text.replacingOccurrences(of: "</script", with: "<\\/script"))
    }
}
