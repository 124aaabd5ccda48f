import Digest
import Evidence
import Execution
import Planning
import Recipe
import Store
import SystemPackage
import Terminal
import Workflow

/// What `build` says in the end, for people and for programs.
struct BuildResult: Encodable {
    /// A package that was made.
    struct Package: Encodable {
        let package: String
        let version: String
        let suite: String
        let architecture: String
        /// Bytes.
        let size: Int64
        let sha256: String
        /// The .deb in the home.
        let file: String
        /// How many smoke checks passed; absent when none were part of the job.
        let checksPassed: Int?
        /// The texts beside the .deb: buildinfo, sbom and provenance.
        let evidence: [String: Text]

        /// A text in the home.
        struct Text: Encodable {
            let file: String
            let sha256: String
        }

        init(_ built: BuiltPackage) {
            package = built.names.name
            version = built.names.version
            suite = built.cell.suite.name
            architecture = built.cell.architecture.rawValue
            size = built.size
            sha256 = built.sha256.hex
            file = built.file.string
            checksPassed = built.smoke?.checks.count { $0.outcome == .passed }
            evidence = Dictionary(
                uniqueKeysWithValues: built.evidence.map { text in
                    (text.kind.rawValue, Text(file: text.file.string, sha256: text.sha256.hex))
                })
        }
    }

    /// An action of the plan.
    struct Action: Encodable {
        let action: String
        /// Wall-clock seconds of the run that made the result.
        let seconds: Double
        let fresh: Bool

        init(_ outcome: Executor.Outcome) {
            action = outcome.id.description
            seconds = outcome.result.seconds
            fresh = outcome.wasFresh
        }
    }

    let schema = JSONOutput.schema
    let packages: [Package]
    /// What Ruby's own tests said of each variant; absent when they were no part of the job.
    let tests: [TestReport]?
    let actions: [Action]
    /// Wall-clock seconds of this run's actions, several at once.
    let seconds: Double

    init(_ summary: BuildSummary) {
        packages = summary.packages.map(Package.init)
        tests = summary.tests.isEmpty ? nil : summary.tests
        actions = summary.actions.map(Action.init)
        seconds = summary.seconds
    }

    func print(on console: Console, asJSON: Bool) throws {
        if asJSON { return console.output(try JSONOutput.text(self)) }
        for package in packages { console.output(package.file) }
        printTests(on: console)
        console.message(Self.lastLine(actions, seconds: seconds))
    }

    /// A table of Ruby's own tests, if they were run, and what the recipe lists in vain.
    private func printTests(on console: Console) {
        guard let tests else { return }
        let rows = tests.flatMap { report in
            report.programs.map { program in
                [
                    report.subject, program.name, "\(program.tests)", "\(program.failures.count)",
                    "\(program.known.count)", "\(program.skipped)",
                    Readable.duration(program.seconds),
                ]
            }
        }
        let table = Table(
            header: ["TESTED", "BY", "TESTS", "FAILED", "KNOWN TO FAIL", "SKIPPED", "TOOK"],
            rows: rows, rightAligned: [2, 3, 4, 5, 6])
        console.output(table.text(style: console.outputStyle))
        for report in tests {
            for known in report.stale {
                console.message(
                    "note: `\(known.name)` is listed as failing, and does not fail in"
                        + " \(report.subject)")
            }
        }
        let leftOut = Set(tests.flatMap(\.leftOut).map { "\($0.name): \($0.reason)" })
        for line in leftOut.sorted() { console.message("left out: \(line)") }
    }

    /// `2 packages` is on the screen already; this says what it took.
    ///
    /// - Parameters:
    ///   - actions: all of the plan.
    ///   - seconds: wall-clock time from the first to the last.
    /// - Returns: a sentence without a full stop.
    static func lastLine(_ actions: [Action], seconds: Double) -> String {
        let ran = actions.filter { !$0.fresh }
        let sum = ran.map(\.seconds).reduce(0, +)
        // Worth saying only where work went on side by side.
        let apart = sum > 1.1 * seconds ? " (\(Readable.duration(sum)) one after another)" : ""
        let fresh = actions.count - ran.count
        if ran.isEmpty { return "Nothing to do: all \(actions.count) actions are fresh" }
        return
            "Finished \(ran.count) action\(ran.count == 1 ? "" : "s") in \(Readable.duration(seconds))"
            + apart + (fresh > 0 ? ", \(fresh) were fresh" : "")
    }
}
