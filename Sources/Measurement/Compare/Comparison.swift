import Diagnostics
package import Statistics

/// What is so much that it is called a difference.
package struct ComparisonRule: Sendable, Hashable, Codable {
    /// The level of every test, two-sided.
    package var level = 0.01
    /// The least difference of medians, in bytes.
    package var floor = 2.0 * 1_048_576
    /// In median absolute deviations of the arm that varies more.
    package var deviations = 5.0
    /// The least ratio of the greater median to the smaller one.
    package var ratio = 1.03

    package init() {}

    /// Whether a difference is large enough to matter, however certain it is.
    func matters(_ first: Spread, _ second: Spread) -> Bool {
        let delta = abs(second.median - first.median)
        let noise = max(first.medianAbsoluteDeviation, second.medianAbsoluteDeviation)
        return delta >= max(floor, deviations * noise)
            && max(first.median, second.median) >= ratio * min(first.median, second.median)
    }
}

/// Two arms compared, one row for each workload.
///
/// What is compared is settled anonymous memory; the other figures are for information.
package struct Comparison: Sendable, Hashable, Codable {
    /// Version of the shape of a comparison; raised when a field changes its meaning.
    package static let version = 1

    package var comparison = Comparison.version
    /// The labels of the arms.
    package var first: String
    package var second: String
    package var rule: ComparisonRule
    package var rows: [Row]

    /// What is known of one workload.
    package struct Row: Sendable, Hashable, Codable {
        package var workload: String
        package var verdict: Verdict
        /// Of the runs that were made to look; nil when a run failed.
        package var screen: Test?
        /// Of fresh runs, made because the screen saw a difference.
        package var confirmation: Test?
        /// Sentences on runs that failed.
        package var failures: [String]
        /// For information.
        package var others: [Other]
    }

    /// Settled memory of both arms in some runs.
    package struct Test: Sendable, Hashable, Codable {
        package var first: Spread
        package var second: Spread
        package var ranks: RankTest
        /// The two-sided p-value after Holm's adjustment over all rows of its kind.
        package var adjusted: Double
        /// Whether the difference is large enough to matter.
        package var matters: Bool

        /// Bytes that the second arm holds more than the first, by their medians.
        package var delta: Double { second.median - first.median }
    }

    /// A figure beside the one that is compared.
    package struct Other: Sendable, Hashable, Codable {
        package var figure: Figure
        package var first: Spread
        package var second: Spread
    }

    /// What is said of the second arm.
    package enum Verdict: String, Sendable, Hashable, Codable {
        case less, more
        /// No difference that matters was seen.
        case same
        /// A difference was seen, and fresh runs did not confirm it; or there were none, and it
        /// is too little to be sure with so many rows looked at.
        case unconfirmed
        /// A run failed, so nothing can be said.
        case failed
    }

    /// Looks at what two arms have in their runs.
    ///
    /// - Parameters:
    ///   - first: a recording, and the label of an arm in it.
    ///   - second: the same recording and another arm, or another recording of an equal
    ///     fingerprint.
    ///   - rule: what is a difference.
    ///   - isFinal: whether no fresh runs can confirm it: the screen is judged as a confirmation
    ///     then.
    package init(
        _ first: (recording: Recording, arm: String), _ second: (recording: Recording, arm: String),
        rule: ComparisonRule = ComparisonRule(), isFinal: Bool
    ) {
        self.first = first.arm
        self.second = second.arm
        self.rule = rule
        let names = first.recording.workloads.map(\.name)
            .filter { name in second.recording.workloads.contains { $0.name == name } }
        rows = names.map { name in
            let sides = [first, second].map { side in
                side.recording.runs.filter { $0.workload == name && $0.arm == side.arm }
            }
            return Row(workload: name, first: sides[0], second: sides[1], rule: rule)
        }
        adjust(\.screen)
        for index in rows.indices {
            guard let screen = rows[index].screen else { continue }
            guard screen.matters, screen.ranks.twoSided < rule.level else { continue }
            let isSure = isFinal && screen.adjusted < rule.level
            rows[index].verdict = isSure ? screen.direction : .unconfirmed
        }
    }

    /// The workloads of which the screen saw a difference, and which fresh runs have to confirm.
    package var unconfirmed: [String] {
        rows.filter { $0.verdict == .unconfirmed && $0.confirmation == nil }.map(\.workload)
    }

    /// Judges by fresh runs of the workloads in question.
    ///
    /// - Parameter fresh: a recording with the same two arms.
    package mutating func confirm(by fresh: Recording) {
        for index in rows.indices where unconfirmed.contains(rows[index].workload) {
            let row = Row(
                workload: rows[index].workload,
                first: fresh.runs.filter { $0.workload == rows[index].workload && $0.arm == first },
                second: fresh.runs.filter {
                    $0.workload == rows[index].workload && $0.arm == second
                }, rule: rule)
            rows[index].confirmation = row.screen
            rows[index].failures += row.failures
            if row.verdict == .failed { rows[index].verdict = .failed }
        }
        adjust(\.confirmation)
        for index in rows.indices {
            guard let screen = rows[index].screen, let test = rows[index].confirmation,
                rows[index].verdict == .unconfirmed, test.direction == screen.direction,
                test.matters, test.adjusted < rule.level
            else { continue }
            rows[index].verdict = test.direction
        }
    }

    /// A test that few runs can never pass says nothing by not passing; nil when all could.
    package var weakness: String? {
        let tests = rows.compactMap { $0.confirmation ?? $0.screen }
        guard
            let weakest = tests.min(by: {
                min($0.first.count, $0.second.count) < min($1.first.count, $1.second.count)
            })
        else { return nil }
        let low = Array(repeating: 0.0, count: weakest.first.count)
        let high = Array(repeating: 1.0, count: weakest.second.count)
        guard let best = RankTest(low, high), best.twoSided >= rule.level else { return nil }
        return "\(weakest.first.count) and \(weakest.second.count) runs are too few to be sure of"
            + " anything; five of each are the least"
    }

    private mutating func adjust(_ part: WritableKeyPath<Row, Test?>) {
        let places = rows.indices.filter { rows[$0][keyPath: part] != nil }
        let adjusted = MultipleTests.holm(
            places.compactMap { rows[$0][keyPath: part]?.ranks.twoSided })
        for (place, value) in zip(places, adjusted) {
            rows[place][keyPath: part]?.adjusted = value
        }
    }
}

extension Comparison.Test {
    fileprivate var direction: Comparison.Verdict { delta < 0 ? .less : .more }

    fileprivate init?(_ first: [Run], _ second: [Run], rule: ComparisonRule) {
        let values = [first, second].map { Figure.settled.values(of: $0) }
        guard let one = Spread(values[0]), let other = Spread(values[1]),
            let ranks = RankTest(values[0], values[1])
        else { return nil }
        self.first = one
        self.second = other
        self.ranks = ranks
        adjusted = ranks.twoSided
        matters = rule.matters(one, other)
    }
}

extension Comparison.Row {
    fileprivate init(workload: String, first: [Run], second: [Run], rule: ComparisonRule) {
        self.workload = workload
        failures = (first + second).filter { !$0.isComplete }.map { run in
            "\(workload) in \(run.arm): " + (run.notes.first ?? "it ended with \(run.ending)")
        }
        let whole = failures.isEmpty
        screen = whole ? Comparison.Test(first, second, rule: rule) : nil
        verdict = screen == nil ? .failed : .same
        others = Figure.allCases.filter { $0 != .settled }.compactMap { figure in
            guard let one = figure.spread(of: first.filter(\.isComplete)),
                let other = figure.spread(of: second.filter(\.isComplete))
            else { return nil }
            return Comparison.Other(figure: figure, first: one, second: other)
        }
    }
}
