import Execution
import Planning
import Terminal
import Workflow

/// What `smoke` says in the end, for people and for programs.
struct SmokeResult: Encodable {
    let schema = JSONOutput.schema
    let reports: [SmokeReport]
    private let actions: [BuildResult.Action]
    private let seconds: Double

    init(_ summary: SmokeSummary) {
        reports = summary.trials.reports
        actions = summary.actions.map(BuildResult.Action.init)
        seconds = summary.seconds
    }

    private enum CodingKeys: CodingKey { case schema, reports }

    func print(on console: Console, asJSON: Bool) throws {
        if asJSON { return console.output(try JSONOutput.text(self)) }
        for report in reports { print(report, on: console) }
        let table = Table(
            header: ["PACKAGE", "VERSION", "SUITE", "SIZE", "SMOKE"],
            rows: reports.map {
                [
                    $0.package, $0.version, $0.suite, Readable.bytes($0.size),
                    $0.summary + Self.note(on: $0),
                ]
            }, rightAligned: [3])
        console.output(table.text(style: console.outputStyle))
        console.message(BuildResult.lastLine(actions, seconds: seconds))
    }

    private func print(_ report: SmokeReport, on console: Console) {
        let style = console.outputStyle
        console.output(style.strong("\(report.package) \(report.version) (\(report.suite))"))
        let width = report.checks.map(\.name.count).max() ?? 0
        for check in report.checks {
            let name = check.name + String(repeating: " ", count: width - check.name.count)
            let lines = check.output.split(whereSeparator: \.isNewline)
            let word =
                switch check.outcome {
                case .passed: style.good("ok    ")
                case .failed: style.bad("FAILED")
                case .skipped: style.faint("-     ")
                }
            console.output("  \(word)  \(name)  \(lines.last ?? "")")
        }
        console.output("")
    }

    /// What the result does not stand for.
    private static func note(on report: SmokeReport) -> String {
        switch report.scope {
        case .whole: ""
        case .part: " (not all were made)"
        case .foreign: " (of the given .deb)"
        }
    }
}
