import ArgumentParser
import Diagnostics
import Execution
import Foundation
import HostSystem
import Terminal
import Workflow

/// `lapidary shell`.
struct ShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell",
        abstract: "Open the sandbox of a step as it failed.",
        discussion: """
            A selection opens the newest failure among its actions, with the same root, folders \
            and environment; when nothing failed, the root that it is built in, with an empty \
            /build. The words of an action, such as 'derive ruby-3.3.8-trim', open that action's. \
            A command after `--` runs instead of a shell, and its exit code is given. What is \
            changed in /build stays until the action succeeds or newer failures take its place.
            """)

    @OptionGroup var global: GlobalOptions
    @Option(
        help: ArgumentHelp(
            "Which action of the selection: compile, derive, package or another that `logs` lists.",
            valueName: "kind"))
    var action: String?
    @Argument(
        help: "Whose sandbox: a selection such as 3.3@trim:bookworm, or an action's name in quotes."
    )
    var subject: String
    @Argument(parsing: .postTerminator, help: "A program to run instead of a shell.")
    var command: [String] = []

    func run() async throws {
        let console = global.console()
        let query = try ActionQuery(
            subject.split(separator: " ").map(String.init), host: Machine.current(),
            project: { try global.project() })
        let workflow = ShellWorkflow(home: try global.resolvedHome(), runner: SubprocessRunner())
        let room = try workflow.room(for: query, kind: action)
        console.message(Self.words(of: room, now: Date()))
        let ending: CommandResult.Ending
        if command.isEmpty {
            guard let terminalType = Console.terminalType(ProcessInfo.processInfo.environment)
            else {
                throw Failure(
                    .usage, "a shell needs a terminal, and standard input is none",
                    hint: "name a command: lapidary shell '\(query.words)' -- COMMAND")
            }
            ending = try await SignalWatch.shared.leavingInterruptsToChild {
                try await workflow.open(room, .shell(terminalType: terminalType))
            }
        } else {
            ending = try await workflow.open(room, .command(command))
        }
        switch ending {
        case .exited(0): return
        case .exited(let code): throw ExitCode(Int32(code))
        case .killed(let signal): throw ExitCode(Int32(128 + signal))
        case .stopped(let reason): throw Failure(.failed, "the command was stopped: \(reason)")
        }
    }

    /// What was opened, in one line.
    private static func words(of room: ShellWorkflow.Room, now: Date) -> String {
        guard let failure = room.failure, let step = failure.step else {
            return "nothing failed; this is the build root \(room.root) with an empty /build"
        }
        let age = Readable.duration(max(0, now.timeIntervalSince(failure.when)))
        return "`\(failure.action)` failed \(age) ago at step `\(step.title)`;"
            + " \(ShellWorkflow.stepScript) repeats it: \(room.stepCommand)"
    }
}
