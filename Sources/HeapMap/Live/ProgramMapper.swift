import Diagnostics
import Foundation
package import HostSystem
import SystemPackage

/// Starts a program and maps it.
package struct ProgramMapper: Sendable {
    private let runner: any CommandRunner

    /// When a program is mapped.
    package enum Moment: Sendable, Hashable {
        /// Just before it ends.
        case atEnd
        /// After a while; then it is stopped for good.
        case after(Duration)
    }

    package init(runner: any CommandRunner) {
        self.runner = runner
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
        let (maps, found) = AsyncThrowingStream<ProcessMap, any Error>.makeStream()
        let (starts, start) = AsyncStream<Int32>.makeStream()
        let runner = runner
        let program = Task {
            defer { start.finish() }
            return try await runner.run(command, appendingTo: "/dev/stderr") { process in
                if moment == .atEnd { Self.watch(process, found) }
                start.yield(process)
            }
        }
        return try await withTaskCancellationHandler {
            do {
                guard let process = await starts.first(where: { _ in true }) else {
                    _ = try await program.value
                    throw Failure(.environment, "`\(command.executable)` did not start")
                }
                return try await finish(process, program, maps, command, moment)
            } catch {
                program.cancel()
                _ = await program.result
                throw error
            }
        } onCancel: {
            program.cancel()
        }
    }

    private func finish(
        _ process: Int32, _ program: Task<CommandResult.Ending, any Error>,
        _ maps: AsyncThrowingStream<ProcessMap, any Error>, _ command: Command, _ moment: Moment
    ) async throws -> (map: ProcessMap, ending: CommandResult.Ending?) {
        switch moment {
        case .atEnd:
            var iterator = maps.makeAsyncIterator()
            guard let map = try await iterator.next() else { throw CancellationError() }
            return (map, try await program.value)
        case .after(let time):
            try await Task.sleep(for: time)
            guard ProcessFiles(process: process).hasEnded(process) == false else {
                let ending = try await program.value
                throw Failure(
                    .failed,
                    "`\(command.executable)` ended with \(ending) before it could be mapped",
                    hint: "without --after it is mapped just before it ends")
            }
            let map = try LiveMapper(process: process).map()
            program.cancel()
            _ = await program.result
            return (map, nil)
        }
    }

    /// Only the thread that traces a program hears of its stops, so it gets one of its own.
    private static func watch(
        _ process: Int32, _ found: AsyncThrowingStream<ProcessMap, any Error>.Continuation
    ) {
        Thread {
            do {
                found.yield(try ExitWatch(process: process).map())
                found.finish()
            } catch {
                found.finish(throwing: error)
            }
        }.start()
    }
}
