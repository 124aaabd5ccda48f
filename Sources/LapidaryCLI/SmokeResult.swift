import Execution
import Terminal
import Workflow

/// What `smoke` says in the end, for people and for programs.
struct SmokeResult: Encodable {
    let schema = JSONOutput.schema
    let reports: [SmokeReport]
    private let actions: [BuildResult.Action]

    init(_ summary: BuildSummary) {
        reports = summary.packages.compactMap(\.smoke)
        actions = BuildResult(summary).actions
    }

    private enum CodingKeys: CodingKey { case schema, reports }

    func print(on console: Console, asJSON: Bool) throws {
        if asJSON { return console.output(try JSONOutput.text(self)) }
        for report in reports {
            console.output(
                console.outputStyle.strong("\(report.package) \(report.version) (\(report.suite))"))
            let width = report.checks.map(\.name.count).max() ?? 0
            for check in report.checks {
                let name = check.name + String(repeating: " ", count: width - check.name.count)
                let lines = check.output.split(whereSeparator: \.isNewline)
                console.output(
                    "  \(console.outputStyle.good("ok"))  \(name)  \(lines.last ?? "")")
            }
        }
        console.message(BuildResult.lastLine(actions))
    }
}
