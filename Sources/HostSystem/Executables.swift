import Diagnostics
import Foundation
package import SystemPackage

/// Programs of this machine.
package enum Executables {
    /// Where a program is: itself for a path, else the first of its name in PATH.
    package static func path(of name: String) -> String? {
        let candidates =
            name.contains("/")
            ? [name]
            : (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
                .map { "\($0)/\(name)" }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// The program that this process runs.
    ///
    /// - Throws: `Failure` of kind `environment` where /proc is not mounted.
    package static func own() throws -> FilePath {
        do {
            return FilePath(
                try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        } catch {
            throw Failure(
                .environment, "cannot find out which program this is: \(error)",
                hint: "mount /proc")
        }
    }
}
