import Foundation
import Measurement

/// What the scripts of the page draw from, and what it gives for download.
struct PageData: Encodable {
    struct Arm: Encodable {
        let label: String
        let slot: Int
    }

    struct Run: Encodable {
        let arm: Int
        let position: Int
        let settled: Double
        let peak: Double?
        let mean: Double?
        let recording: Int
        let run: Int
    }

    struct Workload: Encodable {
        let name: String
        let runs: [Run]
        /// The run of each arm that is drawn strongly, by its number in `runs`.
        let middle: [Int]
        let collectors: [Collector]
    }

    struct Collector: Encodable {
        let arm: Int
        let minor: Double?
        let major: Double?
        let timeShare: Double?
        let slots: Double?
        let liveSlots: Double?
    }

    /// A recording without its samples and heap maps, which stand apart.
    struct Source: Encodable {
        let name: String
        let recording: Recording
        let samples: [SampleColumns]
    }

    let arms: [Arm]
    let workloads: [Workload]
    let sources: [Source]
    let maps: [HeapPicture]

    init(_ report: Report) {
        arms = report.arms.map { Arm(label: $0.label, slot: $0.slot) }
        workloads = report.workloads.map(Workload.init)
        sources = report.sources.map { source in
            var bare = source.recording
            for index in bare.runs.indices {
                bare.runs[index].samples = []
                bare.runs[index].heapMap = nil
            }
            return Source(
                name: source.name, recording: bare,
                samples: source.recording.runs.map { SampleColumns($0.samples) })
        }
        maps = report.maps.compactMap(HeapPicture.init)
    }

    /// As JSON that can stand inside a script element: nothing in it begins a tag or a comment.
    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
            .replacingOccurrences(of: "<", with: "\\u003c")
            .replacingOccurrences(of: "\u{2028}", with: "\\u2028")
            .replacingOccurrences(of: "\u{2029}", with: "\\u2029")
    }
}

extension PageData.Workload {
    init(_ figures: WorkloadFigures) {
        name = figures.name
        var runs: [PageData.Run] = []
        var middle: [Int] = []
        for arm in figures.arms {
            let strongest = arm.middleRun
            for run in arm.runs {
                if run == strongest { middle.append(runs.count) }
                runs.append(
                    PageData.Run(
                        arm: arm.arm, position: run.position,
                        settled: run.settled, peak: run.peak, mean: run.mean,
                        recording: run.recording, run: run.run))
            }
        }
        self.runs = runs
        self.middle = middle
        collectors = figures.arms.compactMap { arm in
            arm.collector.map {
                PageData.Collector(
                    arm: arm.arm, minor: $0.minor, major: $0.major, timeShare: $0.timeShare,
                    slots: $0.slots, liveSlots: $0.liveSlots)
            }
        }
    }
}

/// The samples of a run by column, which takes a third of the room; nothing is lost.
struct SampleColumns: Encodable, Hashable {
    let t: [Double]
    /// Each by how much it is more than the one before, in units.
    let rss: [Int64]
    let size: [Int64]
    let shared: [Int64]
    /// Bytes.
    let unit: Int64
    /// The samples that have this figure: their numbers, and bytes.
    let anonymous: [[Int64]]

    init(_ samples: [MemorySample]) {
        let figures = samples.flatMap { [$0.rss, $0.size, $0.shared] }
        let unit: Int64 = figures.allSatisfy { $0.isMultiple(of: 4096) } ? 4096 : 1
        func column(_ value: (MemorySample) -> Int64) -> [Int64] {
            var last: Int64 = 0
            return samples.map { sample in
                let now = value(sample) / unit
                defer { last = now }
                return now - last
            }
        }
        t = samples.map(\.t)
        rss = column(\.rss)
        size = column(\.size)
        shared = column(\.shared)
        self.unit = unit
        anonymous = samples.enumerated().compactMap { index, sample in
            sample.anonymous.map { [Int64(index), $0] }
        }
    }
}
