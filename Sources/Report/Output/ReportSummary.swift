import Measurement
import Statistics

/// The report for programs: medians and findings; the raw data are the recordings themselves.
package struct ReportSummary: Encodable {
    /// Version of the shape of this result; raised when a field changes its meaning.
    package static let version = 1

    struct Figure: Encodable {
        let median: Double
        let least: Double
        let most: Double

        init(_ spread: Spread) {
            median = spread.median
            least = spread.least
            most = spread.most
        }
    }

    struct Setting: Encodable {
        let variable: String
        let slots: Int
        let value: Int?
    }

    struct Collector: Encodable {
        let minor: Double?
        let major: Double?
        let timeShare: Double?
        let pages: Double?
        let slots: Double?
        let liveSlots: Double?
    }

    struct Arm: Encodable {
        let label: String
        let runs: Int
        let settled: Figure
        let peak: Figure?
        let meanResident: Figure?
        let seconds: Figure
        let collector: Collector?
        let settings: [Setting]
    }

    struct Workload: Encodable {
        let name: String
        let finding: String
        let arms: [Arm]
        let verdicts: [Opinion]
        let failures: [String]
    }

    struct Opinion: Encodable {
        let arm: String
        let verdict: Verdict.Certainty
        let sentence: String
        /// Bytes that the arm keeps more than the baseline.
        let delta: Double?
        /// After Holm's adjustment.
        let p: Double?
    }

    struct Map: Encodable {
        let label: String
        let finding: String
        let resident: Int64
        let trimmable: Int64?
    }

    struct Gate: Encodable {
        let package: String
        let version: String
        let suite: String
        let outcome: GateVerdict.Outcome
        let sentence: String
        let rows: [GateVerdict.Row]
    }

    let schema: Int
    let report = ReportSummary.version
    let title: String
    let finding: String
    let baseline: String?
    let warnings: [String]
    let workloads: [Workload]
    let heapMaps: [Map]
    let gate: [Gate]

    /// - Parameters:
    ///   - report: what is told.
    ///   - schema: the version of all of Lapidary's results.
    package init(_ report: Report, schema: Int) {
        self.schema = schema
        let findings = Findings(report)
        title = report.title
        finding = findings.headline
        baseline = report.arms.isEmpty ? nil : report.arms[report.baseline].label
        warnings = report.warnings
        workloads = report.workloads.map { workload in
            Workload(
                name: workload.name, finding: findings.kept(workload),
                arms: workload.arms.map { Arm($0, label: report.arms[$0.arm].label) },
                verdicts: workload.verdicts.map {
                    Opinion(
                        arm: $0.name, verdict: $0.certainty, sentence: $0.sentence,
                        delta: $0.row.screen?.delta, p: $0.row.screen?.adjusted)
                }, failures: workload.failures)
        }
        heapMaps = report.maps.map { map in
            Map(
                label: map.label, finding: findings.map(map), resident: map.file.memory.resident,
                trimmable: map.file.heap?.trimmable)
        }
        gate = report.gate.map {
            Gate(
                package: $0.package, version: $0.version, suite: $0.suite, outcome: $0.outcome,
                sentence: $0.sentence, rows: $0.rows)
        }
    }
}

extension ReportSummary.Arm {
    fileprivate init(_ figures: ArmFigures, label: String) {
        self.label = label
        runs = figures.runs.count
        settled = ReportSummary.Figure(figures.settled)
        peak = figures.peak.map(ReportSummary.Figure.init)
        meanResident = figures.mean.map(ReportSummary.Figure.init)
        seconds = ReportSummary.Figure(figures.wallSeconds)
        collector = figures.collector.map {
            ReportSummary.Collector(
                minor: $0.minor, major: $0.major, timeShare: $0.timeShare, pages: $0.pages,
                slots: $0.slots, liveSlots: $0.liveSlots)
        }
        settings = figures.advice.map {
            ReportSummary.Setting(
                variable: $0.variable, slots: Int($0.slots.rounded()), value: $0.value)
        }
    }
}
