import Measurement
package import Statistics

/// One workload: what every arm made of it.
package struct WorkloadFigures: Sendable, Hashable {
    package let name: String
    package let arguments: [String]
    /// In the order of the report's arms, those without a complete run left out.
    package let arms: [ArmFigures]
    /// Runs that did not come to their end, as sentences.
    package let failures: [String]
    /// Of the arms against the baseline, where both ran in one recording.
    package let verdicts: [Verdict]

    /// What is said of an arm against the baseline.
    func verdict(on arm: Int) -> Verdict? { verdicts.first { $0.arm == arm } }

    /// The arm of a number, if it ran.
    func figures(of arm: Int) -> ArmFigures? { arms.first { $0.arm == arm } }

    /// All workloads of some recordings.
    static func collect(
        _ sources: [ReportInput.Source], arms: [ReportArm], baseline: Int,
        numbers: [[String: Int]]
    ) -> [WorkloadFigures] {
        var kinds: [(label: String, workload: WorkloadFingerprint)] = []
        var labels: [[String: String]] = []
        for source in sources {
            var own: [String: String] = [:]
            for workload in source.recording.workloads {
                if let kind = kinds.first(where: { $0.workload == workload }) {
                    own[workload.name] = kind.label
                } else {
                    let label = ReportArm.unique(
                        workload.name, source.name, among: kinds.map(\.label))
                    own[workload.name] = label
                    kinds.append((label, workload))
                }
            }
            labels.append(own)
        }
        let verdicts = Verdict.all(
            sources, arms: arms, baseline: baseline, numbers: numbers, labels: labels)
        return kinds.map { kind in
            var runs: [Int: [(run: Run, figures: RunFigures)]] = [:]
            var failures: [String] = []
            for (number, source) in sources.enumerated() {
                for (index, run) in source.recording.runs.enumerated()
                where labels[number][run.workload] == kind.label {
                    guard let arm = numbers[number][run.arm] else { continue }
                    if let figures = RunFigures(run, recording: number, number: index) {
                        runs[arm, default: []].append((run, figures))
                    } else {
                        failures.append(
                            "\(arms[arm].label), round \(run.round + 1): ended with \(run.ending)"
                                + (run.ending == .exited(0) ? " and was not settled" : ""))
                    }
                }
            }
            return WorkloadFigures(
                name: kind.label, arguments: kind.workload.arguments,
                arms: runs.keys.sorted().compactMap { arm in
                    ArmFigures(
                        arm: arm, ruby: arms[arm].arm.ruby.description, runs: runs[arm] ?? [])
                }, failures: failures, verdicts: verdicts[kind.label] ?? [])
        }
    }
}

/// The runs of one arm in one workload.
package struct ArmFigures: Sendable, Hashable {
    /// Its number among the report's arms.
    package let arm: Int
    package let runs: [RunFigures]
    package let settled: Spread
    package let peak: Spread?
    package let mean: Spread?
    package let resident: Spread
    package let wallSeconds: Spread
    package let collector: CollectorFigures?
    package let advice: [SlotAdvice]
    /// Sentences on what could not be read, each once.
    package let notes: [String]

    init?(arm: Int, ruby: String, runs: [(run: Run, figures: RunFigures)]) {
        let figures = runs.map(\.figures)
        guard let settled = Spread(figures.map(\.settled)),
            let resident = Spread(figures.map(\.resident)),
            let wall = Spread(figures.map(\.wallSeconds))
        else { return nil }
        self.arm = arm
        self.runs = figures
        self.settled = settled
        self.resident = resident
        wallSeconds = wall
        peak = Spread(figures.compactMap(\.peak))
        mean = Spread(figures.compactMap(\.mean))
        collector = CollectorFigures(runs.map(\.run))
        advice = collector.map { SlotAdvice.advice(of: $0, ruby: ruby) } ?? []
        var seen: Set<String> = []
        notes = runs.flatMap(\.run.notes).filter { seen.insert($0).inserted }
    }

    /// The run that took neither long nor short.
    package var middleRun: RunFigures {
        let sorted = runs.sorted { ($0.wallSeconds, $0.position) < ($1.wallSeconds, $1.position) }
        return sorted[(sorted.count - 1) / 2]
    }
}
