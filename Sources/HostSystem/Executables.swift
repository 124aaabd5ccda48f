import Foundation

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
}
