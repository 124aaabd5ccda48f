import Statistics

/// Sentences that say what the figures come to; they are the headings of the report.
package struct Findings: Sendable {
    private let report: Report

    package init(_ report: Report) {
        self.report = report
    }

    /// A difference below this share, or below so many bytes, is no finding.
    private static let leastShare = 0.03
    private static let leastBytes = 2_000_000.0

    /// What the whole report comes to: the workload with the largest difference speaks.
    package var headline: String {
        let widest = report.workloads.max { ratio(of: $0) < ratio(of: $1) }
        if let widest { return kept(widest) }
        return report.maps.first.map(map) ?? gate ?? "Nothing was measured"
    }

    /// What the memory gate came to; nil when there is nothing of it.
    package var gate: String? {
        guard !report.gate.isEmpty else { return nil }
        let all = report.gate.count
        let packages = all == 1 ? "The package" : "All \(all) packages"
        let failed = report.gate.filter { $0.outcome == .failed }
        if !failed.isEmpty {
            let names = failed.map(\.package).joined(separator: ", ")
            return "\(failed.count) of \(all) package\(all == 1 ? "" : "s")"
                + " missed a limit of memory: \(names)"
        }
        let untried = report.gate.filter { $0.outcome == .notMade }.count
        if untried == all { return "The memory check was not made" }
        if untried > 0 { return "\(all - untried) of \(all) packages held every limit of memory" }
        return "\(packages) held every limit of memory"
    }

    private func ratio(of workload: WorkloadFigures) -> Double {
        let medians = workload.arms.map(\.settled.median)
        guard let least = medians.min(), let most = medians.max(), least > 0 else { return 0 }
        return most / least
    }

    private func label(_ figures: ArmFigures) -> String { report.arms[figures.arm].label }

    private func areAlike(_ a: Double, _ b: Double) -> Bool {
        abs(a - b) < max(Self.leastBytes, Self.leastShare * max(a, b))
    }

    /// What each arm keeps when the work is over.
    package func kept(_ workload: WorkloadFigures) -> String {
        let sorted = workload.arms.sorted { $0.settled.median < $1.settled.median }
        guard let least = sorted.first, let most = sorted.last else {
            return "No run came to its end"
        }
        if sorted.count == 1 {
            return "\(label(least)) keeps \(Megabytes.short(least.settled.median)) after its work"
        }
        if areAlike(least.settled.median, most.settled.median) {
            return "All keep about \(Megabytes.short(most.settled.median)) after their work"
        }
        let other = workload.figures(of: report.baseline).flatMap { base in
            base.arm == least.arm ? nil : base
        }
        let second = other ?? most
        return "\(label(least)) keeps \(Megabytes.short(least.settled.median)),"
            + " \(label(second)) \(Megabytes.short(second.settled.median))"
    }

    /// What is left of the peak at the end.
    package func course(_ workload: WorkloadFigures) -> String {
        let shares = workload.arms.compactMap { arm -> (name: String, share: Double)? in
            guard let peak = arm.peak?.median, peak > 0 else { return nil }
            return (label(arm), arm.resident.median / peak)
        }.sorted { $0.share < $1.share }
        guard let least = shares.first, let most = shares.last else { return "Memory over time" }
        if shares.count == 1 || most.share - least.share < 0.05 {
            return "At the end \(Percent.text(most.share)) of the peak is still held"
        }
        return "At the end \(least.name) still holds \(Percent.text(least.share)) of its peak,"
            + " \(most.name) \(Percent.text(most.share))"
    }

    /// How much of the time goes into collecting.
    package func collecting(_ workload: WorkloadFigures) -> String {
        let shares = workload.arms.compactMap { arm in
            arm.collector?.timeShare.map { (name: label(arm), share: $0) }
        }.sorted { $0.share < $1.share }
        guard let least = shares.first, let most = shares.last else {
            return "Garbage collection"
        }
        if shares.count == 1 || most.share - least.share < 0.01 {
            return "Collecting takes about \(Percent.text(most.share)) of the time"
        }
        return "Collecting takes \(Percent.text(least.share)) of the time in \(least.name),"
            + " \(Percent.text(most.share)) in \(most.name)"
    }

    /// How far the runs of one arm are apart.
    package func spread(_ workload: WorkloadFigures) -> String {
        let widest = workload.arms.filter { $0.runs.count > 1 && $0.settled.median > 0 }
            .map { ($0, ($0.settled.most - $0.settled.least) / $0.settled.median) }
            .max { $0.1 < $1.1 }
        guard let widest else { return "One run of each" }
        return "Runs of one arm differ by \(Percent.text(widest.1)) at most (\(label(widest.0)))"
    }

    /// What trimming would do to a mapped heap.
    package func map(_ map: ReportInput.Map) -> String {
        guard let heap = map.file.heap else {
            return "\(map.label): \(map.file.unavailable ?? "no heap of glibc")"
        }
        guard heap.trimmable >= 1_000_000 else {
            return "\(map.label): nothing for malloc_trim to give back,"
                + " \(Megabytes.short(Double(map.file.memory.resident))) in memory"
        }
        return
            "\(map.label): malloc_trim would give back \(Megabytes.short(Double(heap.trimmable)))"
            + " of \(Megabytes.short(Double(map.file.memory.resident)))"
    }
}
