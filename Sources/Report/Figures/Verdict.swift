package import Measurement
import Statistics

/// What can be said of one arm against the baseline in one workload, and how sure it is.
package struct Verdict: Sendable, Hashable {
    package let arm: Int
    package let row: Comparison.Row
    /// The labels as the report has them.
    let name: String
    let baseline: String
    /// A sentence when there were too few runs to be sure of anything.
    let weakness: String?
    /// The level of the tests.
    let level: Double

    /// How much is behind a verdict.
    package enum Certainty: String, Sendable, Hashable, Encodable {
        /// It holds with Holm's adjustment over all workloads.
        case sure
        /// It holds for this workload alone; fresh runs have to confirm it.
        case seen
        /// The medians differ, and the runs are too few or too far apart.
        case doubtful
        /// There is no difference that matters.
        case same
        /// A run failed.
        case none
    }

    package var certainty: Certainty {
        guard let test = row.screen, row.verdict != .failed else { return .none }
        guard test.matters else { return .same }
        if row.verdict == .less || row.verdict == .more { return .sure }
        return test.ranks.twoSided < level ? .seen : .doubtful
    }

    private var word: String { (row.screen?.delta ?? 0) < 0 ? "less" : "more" }

    /// In a word or two, for a table.
    package var brief: String {
        switch certainty {
        case .sure: "\(word), sure"
        case .seen: "\(word), seen"
        case .doubtful: "\(word), not sure"
        case .same: "no difference"
        case .none: "a run failed"
        }
    }

    /// What is said, and what it rests on.
    package var sentence: String {
        guard let test = row.screen, certainty != .none else {
            return "Nothing can be said of \(name): a run failed."
        }
        let sizes = [test.first.median, test.second.median].map(Megabytes.short)
        let runs = "\(test.first.count) and \(test.second.count) runs"
        let alone = "p\u{A0}=\u{A0}\(Self.probability(test.ranks.twoSided))"
        let adjusted = "p\u{A0}=\u{A0}\(Self.probability(test.adjusted))"
        let claim =
            "\(name) keeps \(Megabytes.short(test.delta.magnitude)) \(word) than \(baseline),"
            + " \(sizes[1]) against \(sizes[0])"
        switch certainty {
        case .sure: return "\(claim); sure: \(runs), \(adjusted)."
        case .seen:
            return "\(claim); seen in \(runs), \(alone), and more of them would make it sure"
                + " (\(adjusted) with all workloads counted)."
        case .doubtful:
            return "\(claim), by their medians; \(runs) are too few or too far apart to be sure,"
                + " \(alone)."
        case .same, .none:
            return "No difference between \(name) and \(baseline) that matters: \(sizes[1]) against"
                + " \(sizes[0]), \(runs)."
        }
    }

    /// Two digits that count.
    private static func probability(_ value: Double) -> String {
        guard value < 0.995 else { return "1" }
        guard value >= 1e-6 else { return "less than 0.000001" }
        var scale = 1.0
        while value * scale < 10 { scale *= 10 }
        return "\((value * scale).rounded() / scale)"
    }

    /// Compares each arm with the baseline, inside each recording: figures of two sessions are not
    /// compared.
    ///
    /// - Returns: by the workload's name in the report; the first recording speaks where several
    ///   could.
    static func all(
        _ sources: [ReportInput.Source], arms: [ReportArm], baseline: Int,
        numbers: [[String: Int]], labels: [[String: String]]
    ) -> [String: [Verdict]] {
        var verdicts: [String: [Verdict]] = [:]
        for (number, source) in sources.enumerated() {
            let recording = source.recording
            guard let base = recording.arms.first(where: { numbers[number][$0.label] == baseline })
            else { continue }
            for arm in recording.arms where arm.label != base.label {
                guard let place = numbers[number][arm.label] else { continue }
                let comparison = Comparison(
                    (recording, base.label), (recording, arm.label), isFinal: true)
                for row in comparison.rows {
                    guard let workload = labels[number][row.workload],
                        verdicts[workload]?.contains(where: { $0.arm == place }) != true
                    else { continue }
                    verdicts[workload, default: []].append(
                        Verdict(
                            arm: place, row: row, name: arms[place].label,
                            baseline: arms[baseline].label, weakness: comparison.weakness,
                            level: comparison.rule.level))
                }
            }
        }
        return verdicts
    }
}
