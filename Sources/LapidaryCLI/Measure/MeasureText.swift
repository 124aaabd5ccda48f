import Measurement
import Statistics
import Terminal

/// Figures of a measurement as people read them.
enum MeasureText {
    /// A figure's middle: `413.5 MB`, `1.02 s`, `62`.
    static func figure(_ value: Double, _ unit: Figure.Unit) -> String {
        switch unit {
        case .bytes: (value < 0 ? "-" : "") + Readable.bytes(Int64(value.magnitude.rounded()))
        case .nanoseconds: "\((value / 1e7).rounded() / 100) s"
        case .count: value == value.rounded() ? "\(Int64(value))" : "\(value)"
        }
    }

    /// `412.9 MB ±0.1`: the middle of some runs, and the median absolute deviation in percent.
    static func spread(_ spread: Spread?, _ unit: Figure.Unit) -> String {
        guard let spread else { return "-" }
        guard spread.count > 1, spread.median > 0 else { return figure(spread.median, unit) }
        let percent = (spread.medianAbsoluteDeviation / spread.median * 1000).rounded() / 10
        return "\(figure(spread.median, unit)) ±\(percent) %"
    }

    /// One row for each workload and arm; times as ratios to the first arm's.
    static func table(of recording: Recording) -> Table {
        let rows = recording.workloads.flatMap { workload in
            recording.arms.enumerated().map { number, arm in
                let runs = recording.completedRuns(of: workload.name, arm: arm.label)
                let first = recording.completedRuns(
                    of: workload.name, arm: recording.arms[0].label)
                func cell(_ figure: Figure) -> String {
                    spread(figure.spread(of: runs), figure.unit)
                }
                return [
                    workload.name, arm.label, "\(runs.count)", cell(.settled), cell(.peak),
                    cell(.meanResident),
                    number == 0
                        ? cell(.wall)
                        : ratio(Figure.wall.spread(of: runs), Figure.wall.spread(of: first)),
                    count(.collections, runs), count(.majorCollections, runs),
                ]
            }
        }
        return Table(
            header: [
                "WORKLOAD", "RUBY", "RUNS", "SETTLED", "PEAK", "MEAN RSS", "TIME", "GC", "MAJOR",
            ], rows: rows, rightAligned: Set(2...8))
    }

    private static func count(_ figure: Figure, _ runs: [Run]) -> String {
        figure.spread(of: runs).map { self.figure($0.median, .count) } ?? "-"
    }

    private static func ratio(_ value: Spread?, _ base: Spread?) -> String {
        guard let value, let base, base.median > 0 else { return "-" }
        return "× \((value.median / base.median * 100).rounded() / 100)"
    }

    /// Sentences on every run that does not count.
    static func failures(of recording: Recording) -> [String] {
        recording.runs.filter { !$0.isComplete }.flatMap { run in
            ["\(run.workload) in \(run.arm), run \(run.round + 1):"]
                + run.notes.map { "  \($0)" }
        }
    }

    /// Sentences on runs that count and are not as they should be.
    static func remarks(on recording: Recording) -> [String] {
        let restless = recording.runs.filter { $0.isComplete && $0.isSettled == false }.count
        let notes = Set(recording.runs.filter(\.isComplete).flatMap(\.notes))
        return
            (restless > 0
            ? [
                "memory was still changing when it was read, in \(restless) of"
                    + " \(recording.runs.count) runs; --settle leaves the program more time"
            ]
            : []) + notes.sorted()
    }
}
