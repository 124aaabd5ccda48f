import Foundation

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

    package static var areRunAsRoot: Bool { geteuid() == 0 }
}
