import ArgumentParser
import Diagnostics
import Foundation
import HostSystem
import Terminal

/// Runs a command and turns its end into an exit code.
package enum EntryPoint {
    /// What has to be done before any other thread is there.
    package static func prepare() {
        // Only these commands have something to mount.
        if ["build", "rebuild"].contains(CommandLine.arguments.dropFirst().first) {
            OwnMounts.begin()
        }
    }

    /// Parses the arguments, runs the command, and exits.
    package static func main() async -> Never {
        // Files made here are for everybody to read, whatever the caller's umask.
        umask(0o022)
        // A reader that goes away must not end a build before its children and folders are gone.
        signal(SIGPIPE, SIG_IGN)
        let signals = SignalWatch.shared
        let task = Task { try await run() }
        signals.start { task.cancel() }
        do {
            try await task.value
            exit(0)
        } catch {
            exit(report(error, signal: signals.received))
        }
    }

    /// SIGINT and SIGTERM cancel the task this runs in, so that children and temporary folders
    /// are cleaned up before the process ends.
    private static func run() async throws {
        var command = try await Lapidary.asyncParseAsRoot()
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            try command.run()
        }
    }

    /// Prints why the command did not succeed, and gives the exit code.
    private static func report(_ error: any Error, signal: Int32?) -> Int32 {
        let console = Console(
            colour: .auto, isQuiet: false, environment: ProcessInfo.processInfo.environment)
        if let signal {
            console.report(
                Failure(
                    .interrupted, "stopped by \(signal == SIGINT ? "Ctrl-C" : "SIGTERM")",
                    hint: "what was finished is kept; run the same command again to go on"))
            return 128 + signal
        }
        if let failure = error as? Failure {
            console.report(failure)
            return exitCode(of: failure.kind)
        }
        let code = Lapidary.exitCode(for: error)
        // ArgumentParser's own errors and requests for help are its to print.
        if code == .success || code == .validationFailure || error is ExitCode {
            Lapidary.exit(withError: error)
        }
        console.report(Failure(.internalError, "\(error)", hint: "please report this as a defect"))
        return exitCode(of: .internalError)
    }

    /// The exit code of each kind of failure, as the README documents them.
    static func exitCode(of kind: Failure.Kind) -> Int32 {
        switch kind {
        case .failed: 1
        case .internalError: 2
        case .environment: 3
        case .integrity: 4
        case .usage: 64
        case .interrupted: 130
        }
    }
}
