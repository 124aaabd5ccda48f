import Diagnostics
import Foundation
import Subprocess
import SystemPackage

/// How a command becomes a process, whoever waits for it.
extension Command {
    func configuration(_ options: PlatformOptions) -> Configuration {
        Configuration(
            executable: executable.contains("/") ? .path(FilePath(executable)) : .name(executable),
            arguments: Arguments(arguments), environment: childEnvironment,
            workingDirectory: workingDirectory, platformOptions: options)
    }

    private var childEnvironment: Environment {
        let wanted = isolated ? Self.fixed.merging(environment) { $1 } : environment
        var variables: [Environment.Key: String] = [:]
        for (name, value) in wanted {
            guard let key = Environment.Key(rawValue: name) else { continue }
            variables[key] = value
        }
        return isolated
            ? .custom(variables) : .inherit.updating(variables.mapValues(Optional.init))
    }

    /// What an isolated program starts from, on every machine.
    private static let fixed = [
        "LC_ALL": "C.UTF-8", "TZ": "UTC",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ]

    /// What to say when the program `name` did not start.
    static func notStarted(_ name: String, _ error: any Error) -> Failure {
        Failure(
            .environment, "cannot run `\(name)`: \(error)",
            hint: "`lapidary doctor` names what is missing on this machine")
    }
}
