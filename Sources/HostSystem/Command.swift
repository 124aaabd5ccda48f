package import SystemPackage

/// A program to run: an argument vector, never a shell string.
package struct Command: Sendable, Hashable {
    /// A name looked up in PATH, or an absolute path.
    package var executable: String
    package var arguments: [String]
    /// Variables set on top of the inherited environment, or of a fixed one.
    package var environment: [String: String]
    package var workingDirectory: FilePath?
    /// Whether the program starts from a fixed environment instead of this process's: for programs
    /// whose output has a digest.
    package var isolated: Bool

    package init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:],
        workingDirectory: FilePath? = nil, isolated: Bool = false
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.isolated = isolated
    }

    /// The command as a person would type it, for logs and messages.
    package var displayed: String {
        ([executable] + arguments).map(Self.quoted).joined(separator: " ")
    }

    private static func quoted(_ word: String) -> String {
        let plain = word.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "-_./=:,+@%".utf8.contains(byte)
        }
        if plain, !word.isEmpty { return word }
        return "'"
            + word.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "'\\''") + "'"
    }
}

/// How a program ended, and what it printed.
package struct CommandResult: Sendable, Hashable {
    /// How the program ended.
    package enum Ending: Sendable, Hashable, CustomStringConvertible {
        case exited(Int)
        case killed(signal: Int)
        /// It was stopped because it went past a limit; the words say which: `it ran longer than…`.
        case stopped(because: String)

        package var description: String {
            switch self {
            case .exited(let code): "exit code \(code)"
            case .killed(let signal): "signal \(signal)"
            case .stopped(let reason): "being stopped: \(reason)"
            }
        }
    }

    package let ending: Ending
    package let standardOutput: String
    package let standardError: String

    package init(ending: Ending, standardOutput: String = "", standardError: String = "") {
        self.ending = ending
        self.standardOutput = standardOutput
        self.standardError = standardError
    }

    package var succeeded: Bool { ending == .exited(0) }
}
