import Diagnostics
package import HostSystem
package import SystemPackage

/// Runs a program of a sandbox on the streams of this process, for people.
package struct TerminalSandbox: Sendable {
    private let runner: any TerminalRunner
    private let privileges: Privileges

    package init(runner: any TerminalRunner, privileges: Privileges = .current) {
        self.runner = runner
        self.privileges = privileges
    }

    /// Runs to the end in the very sandbox of a spec; the program has no controlling terminal.
    package func run(_ spec: SandboxSpec) async throws -> CommandResult.Ending {
        try await runner.converse(command(for: spec))
    }

    /// Runs an interactive program to the end, with the terminal as its own.
    ///
    /// - Parameters:
    ///   - spec: the sandbox.
    ///   - folder: where a file can be written that is needed meanwhile.
    /// - Returns: how the program ended.
    /// - Throws: `Failure` of kind `environment` when it cannot be started.
    package func runInteractively(_ spec: SandboxSpec, filterIn folder: FilePath) async throws
        -> CommandResult.Ending
    {
        let filter = folder.appending("terminal-filter")
        try Files.write(TerminalFilter.program, to: filter)
        return try await runner.converse(
            try Self.interactive(command(for: spec), filter: filter))
    }

    private func command(for spec: SandboxSpec) -> Command {
        privileges.withSystemIDs(
            BubblewrapSandbox.command(for: spec, temporary: Limits.standard.temporary))
    }

    /// The invocation of a sandbox without a session of its own.
    ///
    /// Job control and Ctrl-C need the controlling terminal, which --new-session takes away so that
    /// nothing inside can type into it; a filter of that very call takes the option's place.
    static func interactive(_ command: Command, filter: FilePath) throws -> Command {
        var command = command
        guard let index = command.arguments.firstIndex(of: "--new-session") else {
            throw Failure(.internalError, "the sandbox has no session of its own")
        }
        command.arguments.replaceSubrange(index...index, with: ["--seccomp", "3"])
        // bubblewrap reads the filter from a descriptor, and a child of ours gets only the first
        // three; a shell opens it, and takes nothing but arguments.
        command.arguments =
            ["-c", #"exec 3<"$0"; exec "$@""#, filter.string, command.executable]
            + command.arguments
        command.executable = "sh"
        return command
    }
}
