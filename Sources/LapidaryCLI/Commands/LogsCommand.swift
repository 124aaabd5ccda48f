import ArgumentParser
import Diagnostics
import Execution
import Foundation
import HostSystem
import Store
import Terminal
import Workflow

/// `lapidary logs`.
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "List what ran in the home, or print the log of an action.",
        discussion: """
            Without an argument, the newest actions are listed with their outcomes and logs. A \
            selection prints the log of the newest action that it needs; the words of an action, \
            such as `derive ruby-3.3.8-trim`, print that action's.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var result: ResultOptions
    @Flag(help: "Only actions that failed.")
    var failed = false
    @Flag(help: "List every action, or print every log in order.")
    var all = false
    @Option(
        help: ArgumentHelp(
            "Which action of the selection: compile, derive, package or another that is listed.",
            valueName: "kind"))
    var action: String?
    @Argument(help: "Whose log: a selection such as 3.3@trim:bookworm, or an action's name.")
    var subject: [String] = []

    func validate() throws {
        if action != nil, subject.isEmpty {
            throw ValidationError("--action chooses among the actions of a selection; name one")
        }
    }

    func run() async throws {
        let home = try global.resolvedHome()
        let records = try ActionHistory(store: ArtifactStore(home: home)).records()
        let console = global.console()
        if subject.isEmpty {
            let shown = records.filter { !failed || $0.failure != nil }
            return try ActionList(shown, isShortened: !all, now: Date())
                .print(on: console, asJSON: result.json, home: home)
        }
        let query = try ActionQuery(
            subject, host: Machine.current(), project: { try global.project() })
        let meant = try query.matches(in: records, kind: action)
            .filter { !failed || $0.failure != nil }
        guard let newest = meant.first else { throw nothing(of: query) }
        if result.json {
            return try ActionList(all ? meant : [newest], isShortened: false, now: Date())
                .print(on: console, asJSON: true, home: home)
        }
        for record in all ? meant.reversed() : [newest] {
            guard Files.exists(record.log) else {
                throw Failure(
                    .failed, "the log `\(record.log)` of `\(record.action)` is gone",
                    hint: "build again with another --home to see it")
            }
            let title = ActionList.sentence(of: record, now: Date())
            if all {
                console.output(console.outputStyle.strong("==> \(title) <=="))
            } else {
                console.message(title)
            }
            let text = try Files.readText(record.log)
            if !text.isEmpty {
                console.output(text.hasSuffix("\n") ? String(text.dropLast()) : text)
            }
        }
    }

    private func nothing(of query: ActionQuery) -> Failure {
        let what = failed ? "no failed" : "no"
        let kind = action.map { " `\($0)`" } ?? ""
        return Failure(
            .failed, "\(what)\(kind) action of `\(query.words)` is known in this home",
            hint: failed
                ? "leave out --failed to see those that succeeded"
                : "run it: lapidary build \(query.words)")
    }
}
