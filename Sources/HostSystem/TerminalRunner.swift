import Diagnostics
import Foundation
import Subprocess
import SystemPackage

/// Runs programs that people talk to.
package protocol TerminalRunner: Sendable {
    /// Runs to the end on the streams of this very process.
    ///
    /// - Throws: `Failure` of kind `environment` when the program cannot be started.
    func converse(_ command: Command) async throws -> CommandResult.Ending
}

extension SubprocessRunner: TerminalRunner {
    /// Unlike other children this one stays in our process group.
    ///
    /// Only the group in the foreground may read from a terminal (termios(3)), and what the
    /// terminal sends to that group, such as SIGINT for Ctrl-C, is for the program. A shell makes
    /// groups of its own and leaves one of them in the foreground when it ends, so the terminal is
    /// given back as it was.
    package func converse(_ command: Command) async throws -> CommandResult.Ending {
        try Task.checkCancellation()
        let terminal = TerminalState()
        defer { terminal?.restore() }
        var options = PlatformOptions()
        options.teardownSequence = [
            .gracefulShutDown(allowedDurationToNextStep: .seconds(2))
        ]
        do {
            let result = try await Subprocess.run(
                command.configuration(options), input: .currentStandardInput,
                output: .currentStandardOutput,
                error: .currentStandardError)
            try Task.checkCancellation()
            switch result.terminationStatus {
            case .exited(let code): return .exited(Int(code))
            case .signaled(let signal): return .killed(signal: Int(signal))
            }
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw Command.notStarted(command.executable, error)
        }
    }
}

/// What a program may change of the terminal at standard input.
private struct TerminalState {
    private let modes: termios
    private let foreground: pid_t

    /// Nil when standard input is no terminal.
    init?() {
        var modes = termios()
        guard tcgetattr(STDIN_FILENO, &modes) == 0 else { return nil }
        self.modes = modes
        foreground = tcgetpgrp(STDIN_FILENO)
    }

    func restore() {
        // Whoever is not in the foreground is stopped by SIGTTOU for changing the terminal.
        var blocked = sigset_t()
        var before = sigset_t()
        sigemptyset(&blocked)
        sigaddset(&blocked, SIGTTOU)
        pthread_sigmask(SIG_BLOCK, &blocked, &before)
        if foreground > 0 { tcsetpgrp(STDIN_FILENO, foreground) }
        var modes = modes
        tcsetattr(STDIN_FILENO, TCSADRAIN, &modes)
        pthread_sigmask(SIG_SETMASK, &before, nil)
    }
}
