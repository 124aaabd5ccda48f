import Measurement
import Statistics
import Terminal

/// What `compare --format json` prints.
struct CompareResult: Encodable {
    let schema = JSONOutput.schema
    let comparison: Comparison
    /// The verdicts as people read them.
    let sentences: [String]

    init(_ comparison: Comparison) {
        self.comparison = comparison
        sentences = CompareText(comparison, style: Style(isColoured: false)).sentences
    }
}

/// A comparison as people read it.
struct CompareText {
    private let comparison: Comparison
    private let style: Style

    init(_ comparison: Comparison, style: Style) {
        self.comparison = comparison
        self.style = style
    }

    var text: String {
        ([table] + sentences.map { style.strong($0) } + notes).joined(separator: "\n")
    }

    /// One for each workload.
    var sentences: [String] { comparison.rows.map(sentence) }

    private var notes: [String] { comparison.weakness.map { ["note: \($0)"] } ?? [] }

    private var table: String {
        let rows = comparison.rows.flatMap { row -> [[String]] in
            let test = row.confirmation ?? row.screen
            let settled = test.map { [cells(.settled, $0.first, $0.second, $0)] } ?? []
            return (settled + row.others.map { cells($0.figure, $0.first, $0.second, nil) })
                .map { [row.workload] + $0 }
        }
        return Table(
            header: [
                "WORKLOAD", "FIGURE", comparison.first, comparison.second, "CHANGE", "P", "ABOVE",
            ], rows: rows, rightAligned: Set(2...6)
        ).text(style: style) + "\n"
    }

    private func cells(
        _ figure: Figure, _ first: Spread, _ second: Spread, _ test: Comparison.Test?
    ) -> [String] {
        [
            Self.name(of: figure), MeasureText.spread(first, figure.unit),
            MeasureText.spread(second, figure.unit), Self.percent(first.median, second.median),
            test.map { Self.probability($0.adjusted) } ?? "",
            test.map { "\(Int(($0.ranks.superiority * 100).rounded())) %" } ?? "",
        ]
    }

    static func name(of figure: Figure) -> String {
        switch figure {
        case .settled: "settled"
        case .atEnd: "at end of work"
        case .afterIdle: "after idling"
        case .peak: "peak"
        case .meanResident: "mean RSS"
        case .wall: "time"
        case .cpu: "CPU time"
        case .collections: "GC"
        case .majorCollections: "major GC"
        case .trims: "trims"
        }
    }

    private static func percent(_ first: Double, _ second: Double) -> String {
        guard first > 0 else { return "" }
        let percent = ((second / first - 1) * 1000).rounded() / 10
        return "\(percent > 0 ? "+" : "")\(percent) %"
    }

    /// Two digits that count; nobody can tell apart what is less than one of ten thousand.
    static func probability(_ value: Double) -> String {
        guard value >= 0.0001 else { return "< 0.0001" }
        guard value < 0.995 else { return "1" }
        var scale = 1.0
        while value > 0, value * scale < 10 { scale *= 10 }
        return "\((value * scale).rounded() / scale)"
    }

    private static func equation(_ value: Double) -> String {
        value >= 0.0001 ? "p = \(probability(value))" : "p \(probability(value))"
    }

    private func sentence(_ row: Comparison.Row) -> String {
        let second = comparison.second
        guard let test = row.confirmation ?? row.screen, row.verdict != .failed else {
            return "\(row.workload): nothing can be said, since a run failed"
        }
        let sizes = [test.first.median, test.second.median].map { MeasureText.figure($0, .bytes) }
        let delta = MeasureText.figure(test.delta.magnitude, .bytes)
        switch row.verdict {
        case .less, .more:
            let word = row.verdict == .less ? "less" : "more"
            let share = Int((test.second.median / test.first.median * 100).rounded())
            let evidence =
                row.confirmation == nil
                ? "\(test.first.count) and \(test.second.count) runs"
                : "\(test.first.count) and \(test.second.count) fresh runs confirmed it"
            return "\(row.workload): \(second) keeps \(delta) \(word) than \(comparison.first)"
                + " after the load, \(sizes[1]) instead of \(sizes[0]) (\(share) %); sure:"
                + " \(evidence), \(Self.equation(test.adjusted))"
        case .same where !test.matters:
            return "\(row.workload): no difference that matters: \(comparison.first) keeps"
                + " \(sizes[0]) after the load, \(second) \(sizes[1])"
        case .unconfirmed where row.confirmation != nil:
            let seen = MeasureText.figure((row.screen?.delta ?? 0).magnitude, .bytes)
            return "\(row.workload): not sure: the first runs differed by \(seen), and fresh ones"
                + " did not confirm that"
        case .same, .unconfirmed:
            return
                "\(row.workload): not sure: \(comparison.first) keeps \(sizes[0]) after the load,"
                + " \(second) \(sizes[1]), but so few runs differ like that by chance, too"
                + " (\(Self.equation(test.adjusted))); make more"
        case .failed: return ""
        }
    }
}
