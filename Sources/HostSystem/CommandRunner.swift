package import Diagnostics
import Foundation
import Subprocess
package import SystemPackage

/// Runs programs; the only way anything in Lapidary starts a process.
package protocol CommandRunner: Sendable {
    /// Runs to the end and captures both streams; a non-zero exit is data, not an error.
    ///
    /// - Throws: `Failure` of kind `environment` when the program cannot be started.
    func capture(_ command: Command) async throws -> CommandResult

    /// Runs to the end with both streams appended to a log file.
    func run(_ command: Command, appendingTo log: FilePath) async throws -> CommandResult.Ending

    /// As `capture`, and tells the id of the process, which leads its process group.
    func capture(_ command: Command, started: @Sendable (Int32) -> Void) async throws
        -> CommandResult

    /// As `run`, and tells the id of the process, which leads its process group.
    func run(
        _ command: Command, appendingTo log: FilePath, started: @Sendable (Int32) -> Void
    ) async throws -> CommandResult.Ending
}

extension CommandRunner {
    /// For runners that start no process themselves.
    package func capture(_ command: Command, started: @Sendable (Int32) -> Void) async throws
        -> CommandResult
    {
        try await capture(command)
    }

    /// For runners that start no process themselves.
    package func run(
        _ command: Command, appendingTo log: FilePath, started: @Sendable (Int32) -> Void
    ) async throws -> CommandResult.Ending {
        try await run(command, appendingTo: log)
    }

    /// Captures the output of a program that has to succeed.
    ///
    /// - Parameters:
    ///   - command: the program to run.
    ///   - purpose: what is being done, for the message: `read the control file of X`.
    ///   - kind: the kind of the failure.
    ///   - hint: what to do when it fails.
    /// - Returns: what it printed on standard output.
    /// - Throws: `Failure` naming the purpose, with the program's last lines, when it fails.
    package func output(
        of command: Command, purpose: String, kind: Failure.Kind = .environment,
        hint: String? = nil
    ) async throws -> String {
        let result = try await capture(command)
        guard result.succeeded else {
            let lines = result.standardError.split(whereSeparator: \.isNewline).suffix(20)
            throw Failure(
                kind, "could not \(purpose): `\(command.executable)` ended with \(result.ending)",
                details: lines.map(String.init), hint: hint)
        }
        return result.standardOutput
    }
}

/// The real runner, over swift-subprocess.
///
/// Every child leads its own process group; when the task is cancelled (Ctrl-C) the whole group
/// gets SIGTERM and, when the child has ended or two seconds later, SIGKILL. A child dies with
/// this process, however that ends.
package struct SubprocessRunner: CommandRunner {
    /// The most one stream may print into memory, in bytes.
    private static let captureLimit = 64 << 20

    package init() {}

    package func capture(_ command: Command) async throws -> CommandResult {
        try await capture(command, started: { _ in })
    }

    package func capture(_ command: Command, started: @Sendable (Int32) -> Void) async throws
        -> CommandResult
    {
        try await starting(command) { configuration, leader in
            let result = try await Subprocess.run(
                configuration, input: .none, output: .string(limit: Self.captureLimit),
                error: .string(limit: Self.captureLimit)
            ) {
                leader = $0.processIdentifier.value
                started($0.processIdentifier.value)
            }
            return CommandResult(
                ending: Self.ending(result.terminationStatus),
                standardOutput: result.standardOutput, standardError: result.standardError)
        }
    }

    package func run(_ command: Command, appendingTo log: FilePath) async throws
        -> CommandResult.Ending
    {
        try await run(command, appendingTo: log, started: { _ in })
    }

    package func run(
        _ command: Command, appendingTo log: FilePath, started: @Sendable (Int32) -> Void
    ) async throws -> CommandResult.Ending {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                log, .writeOnly, options: [.create, .append, .closeOnExec],
                permissions: FilePermissions(rawValue: 0o644))
        } catch let error as Errno {
            throw Failure(.environment, "cannot write the log `\(log)`: \(error)")
        }
        defer { try? file.close() }
        return try await run(command, writingTo: file, started: started)
    }

    /// Runs to the end with both streams on this process's standard error, and without input, for a
    /// person who watches while standard output is for a result.
    package func runOnStandardError(
        _ command: Command, started: @Sendable (Int32) -> Void
    ) async throws -> CommandResult.Ending {
        try await run(command, writingTo: .standardError, started: started)
    }

    private func run(
        _ command: Command, writingTo file: FileDescriptor, started: @Sendable (Int32) -> Void
    ) async throws -> CommandResult.Ending {
        try await starting(command) { configuration, leader in
            let result = try await Subprocess.run(
                configuration, input: .none,
                output: .fileDescriptor(file, closeAfterSpawningProcess: false),
                error: .fileDescriptor(file, closeAfterSpawningProcess: false)
            ) {
                leader = $0.processIdentifier.value
                started($0.processIdentifier.value)
            }
            return Self.ending(result.terminationStatus)
        }
    }

    private func starting<Value>(
        _ command: Command, _ body: (Configuration, inout pid_t?) async throws -> Value
    ) async throws -> Value {
        try Task.checkCancellation()
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
        ]
        let name = command.executable
        let command = Self.dyingWithUs(command)
        let configuration = command.configuration(options)
        var leader: pid_t?
        // The teardown ends with the leader; what it started may have ignored SIGTERM and live on.
        defer { if Task.isCancelled, let leader { kill(-leader, SIGKILL) } }
        do {
            let value = try await body(configuration, &leader)
            // A child torn down by cancellation looks like any killed child; say what it was.
            try Task.checkCancellation()
            return value
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw Command.notStarted(name, error)
        }
    }

    /// The command, killed when the thread that starts it dies (PR_SET_PDEATHSIG of prctl(2)).
    ///
    /// swift-subprocess starts all programs from one thread, which lives as long as the process. A
    /// program that is not there is left alone, so that the failure is about it and not setpriv's.
    private static func dyingWithUs(_ command: Command) -> Command {
        guard let setpriv = Executables.path(of: "setpriv"),
            let program = Executables.path(of: command.executable)
        else { return command }
        var found = command
        found.executable = program
        return found.after([setpriv, "--pdeathsig", "KILL", "--"])
    }

    private static func ending(_ status: TerminationStatus) -> CommandResult.Ending {
        switch status {
        case .exited(let code): .exited(Int(code))
        case .signaled(let signal): .killed(signal: Int(signal))
        }
    }
}
