import Diagnostics
import Foundation
package import HostSystem
import Synchronization
package import SystemPackage

/// This machine, with a Ruby of its own: for programs that people run here anyway.
package struct HostRoom: MeasuringRoom {
    package let ruby: String
    private let runner: any CommandRunner

    /// - Parameters:
    ///   - ruby: a path, or a name in PATH.
    ///   - runner: starts programs.
    /// - Throws: `Failure` of kind `usage` when there is no such program.
    package init(ruby: String, runner: any CommandRunner) throws {
        guard let path = Executables.path(of: ruby) else {
            throw Failure(
                .usage, "there is no program `\(ruby)`",
                hint: "--ruby takes the path of a ruby, such as /usr/bin/ruby")
        }
        self.ruby = path
        self.runner = runner
    }

    package func inside(_ path: FilePath) -> String { path.string }

    package func outside(_ path: String) -> FilePath { FilePath(path) }

    package func run(
        _ program: MeasuredProgram, started: @escaping @Sendable (Int32) -> Void
    ) async throws -> RunEnding {
        let foreign = MachineFingerprint.foreignVariables(
            in: ProcessInfo.processInfo.environment)
        let settings = program.environment.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
        // env(1) takes variables away, and becomes the program then.
        let command = Command(
            "env", foreign.flatMap { ["-u", $0] } + settings + [ruby] + program.arguments)
        let deadline = Deadline(seconds: program.timeout)
        let ending = try await runner.run(command, appendingTo: program.log) { leader in
            deadline.start(leader: leader)
            started(leader)
        }
        if deadline.stop() { return .timedOut(seconds: program.timeout) }
        switch ending {
        case .exited(let code): return .exited(code)
        case .killed(let signal): return .killed(signal: signal)
        case .stopped: return .timedOut(seconds: program.timeout)
        }
    }

    package func process(leader: Int32, announced: Int32) -> Int32? {
        // What it announces is its word; nobody else's memory is read for it.
        announced == leader ? leader : nil
    }
}

/// Ends a process group when its time is over.
private final class Deadline: Sendable {
    private struct State {
        var leader: Int32?
        var hasPassed = false
        var timer: Task<Void, any Error>?
    }

    private let seconds: Double
    private let state = Mutex(State())

    init(seconds: Double) {
        self.seconds = seconds
    }

    func start(leader: Int32) {
        guard leader > 1 else { return }
        let timer = Task { [self] in
            try await Task.sleep(for: .seconds(seconds))
            state.withLock { state in
                guard let leader = state.leader else { return }
                state.hasPassed = true
                kill(-leader, SIGKILL)
            }
        }
        state.withLock { state in
            state.leader = leader
            state.timer = timer
        }
    }

    /// The process has ended.
    ///
    /// - Returns: whether it was ended here.
    func stop() -> Bool {
        state.withLock { state in
            state.leader = nil
            state.timer?.cancel()
            return state.hasPassed
        }
    }
}
