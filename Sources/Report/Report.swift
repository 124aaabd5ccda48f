import Foundation
import Measurement

/// Everything a report says, before it is a page, Markdown or JSON.
package struct Report: Sendable {
    package let title: String
    package let sources: [ReportInput.Source]
    package let arms: [ReportArm]
    /// The arm that the others are compared with.
    package let baseline: Int
    package let workloads: [WorkloadFigures]
    package let maps: [ReportInput.Map]
    /// What the memory gate said of packages.
    package let gate: [GateVerdict]
    /// What makes figures doubtful, such as recordings of different machines.
    package let warnings: [String]

    /// At most so many maps out of recordings are drawn; those named by hand always are.
    private static let mostRecordedMaps = 8

    /// - Parameters:
    ///   - input: what was recorded.
    ///   - title: nil for one made of the workloads.
    package init(of input: ReportInput, title: String?) {
        let (arms, numbers) = ReportArm.collect(input.sources)
        sources = input.sources
        self.arms = arms
        baseline = ReportArm.baseline(of: arms)
        workloads = WorkloadFigures.collect(
            input.sources, arms: arms, baseline: baseline, numbers: numbers)
        maps = input.maps + Self.recordedMaps(input.sources, arms, numbers)
        gate = input.gate
        warnings = Self.warnings(input.sources, workloads)
        self.title = title ?? Self.title(arms, workloads, maps)
    }

    private static func title(
        _ arms: [ReportArm], _ workloads: [WorkloadFigures], _ maps: [ReportInput.Map]
    ) -> String {
        if arms.isEmpty { return maps.isEmpty ? "Memory gate" : "Heap map" }
        let names = arms.map(\.label).formatted(.list(type: .and).locale(Locale(identifier: "en")))
        return workloads.count == 1
            ? "Memory of \(names): \(workloads[0].name)" : "Memory of \(names)"
    }

    /// The first map of each workload and arm.
    private static func recordedMaps(
        _ sources: [ReportInput.Source], _ arms: [ReportArm], _ numbers: [[String: Int]]
    ) -> [ReportInput.Map] {
        var maps: [ReportInput.Map] = []
        for (source, numbers) in zip(sources, numbers) {
            for run in source.recording.runs {
                guard maps.count < mostRecordedMaps, let map = run.heapMap,
                    let arm = numbers[run.arm]
                else { continue }
                let label = "\(run.workload), \(arms[arm].label)"
                guard !maps.contains(where: { $0.label == label }),
                    let bytes = try? JSONEncoder().encode(map),
                    let file = try? JSONDecoder().decode(HeapMapFile.self, from: bytes)
                else { continue }
                maps.append(ReportInput.Map(label: label, file: file))
            }
        }
        return maps
    }

    private static func warnings(
        _ sources: [ReportInput.Source], _ workloads: [WorkloadFigures]
    ) -> [String] {
        var warnings: [String] = []
        if Set(sources.map(\.recording.machine)).count > 1 {
            warnings.append(
                "These recordings are of different machines or settings of one; figures of one cannot"
                    + " be compared with figures of another.")
        }
        if Set(sources.map(\.recording.startedAt)).count > 1 {
            warnings.append(
                "These recordings are of different sessions; small differences between them may be"
                    + " the machine's.")
        }
        let failures = workloads.reduce(0) { $0 + $1.failures.count }
        if failures > 0 {
            warnings.append(
                failures == 1
                    ? "One run did not come to its end and is not counted; see Runs."
                    : "\(failures) runs did not come to their end and are not counted; see Runs.")
        }
        let unsettled = sources.flatMap(\.recording.runs).filter { $0.isSettled == false }.count
        if unsettled > 0 {
            warnings.append(
                "In \(unsettled) run\(unsettled == 1 ? "" : "s") memory had not stopped changing when"
                    + " it was read.")
        }
        return warnings
    }
}
