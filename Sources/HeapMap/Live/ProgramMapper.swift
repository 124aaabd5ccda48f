import Diagnostics
import Foundation
package import HostSystem
import SystemPackage

/// Starts a program and maps it.
package struct ProgramMapper: Sendable {
    /// When a program is mapped.
    package enum Moment: Sendable, Hashable {
        /// Just before it ends.
        case atEnd
        /// After a while; then it is stopped for good.
        case after(Duration)
    }

    private let fineness: Fineness

    package init(fineness: Fineness = .cells) {
        self.fineness = fineness
    }

    /// Runs a program with what it prints on our standard error, and with empty input.
    ///
    /// - Parameters:
    ///   - command: the program.
    ///   - moment: when to map it.
    /// - Returns: the map, and how the program ended; nil when it was stopped after its map.
    /// - Throws: `Failure` of kind `environment` when it cannot be started or mapped, `failed` when
    ///   it ended too early.
    package func map(_ command: Command, at moment: Moment) async throws
        -> (map: ProcessMap, ending: CommandResult.Ending?)
    {
        guard Executables.path(of: command.executable) != nil else {
            throw Failure(
                .environment, "cannot run `\(command.executable)`: there is no such program",
                hint: "give its path, or look at PATH")
        }
        switch moment {
        case .after(let time): return (try await map(command, after: time), nil)
        case .atEnd:
            let parent = FilePath(FileManager.default.temporaryDirectory.path)
            return try await TemporaryDirectory.with(in: parent, name: "lapidary-heapmap") {
                try await mapAtEnd(command, folder: $0)
            }
        }
    }

    private func map(_ command: Command, after time: Duration) async throws -> ProcessMap {
        let (starts, start) = AsyncStream<Int32>.makeStream()
        return try await withProgram {
            defer { start.finish() }
            return try await SubprocessRunner().runOnStandardError(command) { start.yield($0) }
        } mapping: { program in
            guard let process = await starts.first(where: { _ in true }) else {
                _ = try await program.value
                throw CancellationError()
            }
            try await Task.sleep(for: time)
            guard !ProcessFiles(process: process).hasEnded(process) else {
                let ending = try await program.value
                throw Failure(
                    .failed,
                    "`\(command.executable)` ended with \(ending) before it could be mapped",
                    hint: "without --after it is mapped just before it ends")
            }
            let map = try LiveMapper(process: process, fineness: fineness).map()
            program.cancel()
            _ = await program.result
            return map
        }
    }

    /// The program waits behind a lock until it is watched: it could be over before.
    private func mapAtEnd(_ command: Command, folder: FilePath) async throws
        -> (map: ProcessMap, ending: CommandResult.Ending?)
    {
        let gate = try Gate(folder.appending("gate"))
        let (maps, found) = AsyncThrowingStream<ProcessMap, any Error>.makeStream()
        return try await withProgram {
            do {
                return try await SubprocessRunner().runOnStandardError(gate.before(command)) {
                    Self.watch($0, gate, found, fineness)
                }
            } catch {
                found.finish(throwing: error)
                throw error
            }
        } mapping: { program in
            for try await map in maps { return (map, try await program.value) }
            throw CancellationError()
        }
    }

    /// Runs a program beside a body, and ends it when the body fails or is cancelled.
    private func withProgram<Value>(
        _ run: @escaping @Sendable () async throws -> CommandResult.Ending,
        mapping body: (Task<CommandResult.Ending, any Error>) async throws -> Value
    ) async throws -> Value {
        let program = Task { try await run() }
        return try await withTaskCancellationHandler {
            do {
                return try await body(program)
            } catch {
                program.cancel()
                _ = await program.result
                throw error
            }
        } onCancel: {
            program.cancel()
        }
    }

    /// Only the thread that traces a program hears of its stops, so it gets one of its own.
    private static func watch(
        _ process: Int32, _ gate: Gate,
        _ found: AsyncThrowingStream<ProcessMap, any Error>.Continuation, _ fineness: Fineness
    ) {
        Thread {
            do {
                found.yield(try ExitWatch(process: process, fineness: fineness).map { gate.open() })
                found.finish()
            } catch {
                gate.open()
                found.finish(throwing: error)
            }
        }.start()
    }
}

/// A lock that holds a program back until it is let go: flock(1) waits for it, and becomes the
/// program then.
private final class Gate: Sendable {
    private let path: FilePath
    private let file: FileDescriptor

    init(_ path: FilePath) throws {
        self.path = path
        do {
            file = try FileDescriptor.open(
                path, .readWrite, options: [.create, .closeOnExec],
                permissions: FilePermissions(rawValue: 0o600))
        } catch let error as Errno {
            throw Failure(.environment, "cannot make the file `\(path)`: \(error)")
        }
        flock(file.rawValue, LOCK_EX)
    }

    deinit { try? file.close() }

    /// The program keeps the lock's file open, as it would any other that it was given.
    func before(_ command: Command) -> Command {
        command.after(["flock", "--no-fork", path.string])
    }

    func open() { flock(file.rawValue, LOCK_UN) }
}
