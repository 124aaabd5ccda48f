import Diagnostics
import Foundation
import HostSystem
package import SystemPackage

/// What is installed on the machine that runs the tests.
package enum Programs {
    /// Whether a program is in PATH.
    package static func has(_ name: String) -> Bool { path(of: name) != nil }

    /// Where a program is in PATH.
    package static func path(of name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            .map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// The variable of the environment, or nothing.
    package static var searchPath: String { ProcessInfo.processInfo.environment["PATH"] ?? "" }

    /// The program that was built with the tests: it stands beside their bundle.
    ///
    /// - Throws: `Failure` when it is not there.
    package static func lapidary() throws -> FilePath {
        let path = try Executables.own().removingLastComponent().appending("lapidary")
        guard FileManager.default.isExecutableFile(atPath: path.string) else {
            throw Failure(.environment, "there is no `\(path)`", hint: "run `swift build` first")
        }
        return path
    }

    /// Whether there is a Ruby for the tests that run one.
    package static var haveRuby: Bool {
        if !has("ruby") { print("SKIPPED: ruby is not installed here") }
        return has("ruby")
    }

    package static var areRunAsRoot: Bool { geteuid() == 0 }
}
