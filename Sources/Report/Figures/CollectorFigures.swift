import Measurement
import Statistics

/// What Ruby's collector did in the runs of one arm: medians; nil is what this Ruby does not tell.
package struct CollectorFigures: Sendable, Hashable {
    package let minor: Double?
    package let major: Double?
    /// Of the run's time, 0 to 1.
    package let timeShare: Double?
    /// After the collections.
    package let pages: Double?
    package let slots: Double?
    package let liveSlots: Double?
    package let trims: Double?
    package let trimSeconds: Double?
    package let trimBytes: Double?
    /// By slot size, the smallest first; empty of Ruby 3.1, which has one size.
    package let heaps: [Heap]

    /// The slots of one size.
    package struct Heap: Sendable, Hashable {
        package let number: Int
        package let slotSize: Int
        package let pages: Double
        package let slots: Double
    }

    /// Nil when no run has figures of the collector.
    init?(_ runs: [Run]) {
        guard runs.contains(where: { $0.gc != nil || $0.gcSettled != nil }) else { return nil }
        func median(_ value: (Run) -> Double?) -> Double? {
            Spread(runs.compactMap(value))?.median
        }
        minor = median { $0.gc?["minor_gc_count"]?.number }
        major = median { $0.gc?["major_gc_count"]?.number }
        timeShare = median { run in
            guard let milliseconds = run.gc?["time"]?.number, run.wallNanoseconds > 0 else {
                return nil
            }
            return milliseconds * 1e6 / Double(run.wallNanoseconds)
        }
        pages = median { run in
            let gc = run.gcSettled ?? [:]
            return (gc["heap_eden_pages"] ?? gc["heap_allocated_pages"])?.number
        }
        slots = median { $0.gcSettled?["heap_available_slots"]?.number }
        liveSlots = median { $0.gcSettled?["heap_live_slots"]?.number }
        trims = median { $0.trim.map { Double($0.count) } }
        trimSeconds = median { $0.trim?.nanoseconds.map { Double($0) / 1e9 } }
        trimBytes = median { $0.trim?.bytes.map(Double.init) }
        let numbers = Set(runs.flatMap { ($0.gcHeaps ?? [:]).keys.compactMap(Int.init) }).sorted()
        heaps = numbers.compactMap { number in
            func value(_ key: String) -> Double? {
                median { $0.gcHeaps?["\(number)"]?[key]?.number }
            }
            guard let size = value("slot_size"), let pages = value("heap_eden_pages"),
                let slots = value("heap_eden_slots")
            else { return nil }
            return Heap(number: number, slotSize: Int(size), pages: pages, slots: slots)
        }
    }
}

/// A setting that lets Ruby begin with as many slots as the program came to use.
package struct SlotAdvice: Sendable, Hashable {
    /// Ruby's own default (`GC_HEAP_INIT_SLOTS`, gc.c of 3.1 to 3.4).
    private static let preset = 10_000.0

    package let variable: String
    package let slotSize: Int?
    /// What the program came to use.
    package let slots: Double
    /// Nil where the default is enough.
    package let value: Int?

    private init(_ variable: String, slotSize: Int?, slots: Double) {
        self.variable = variable
        self.slotSize = slotSize
        self.slots = slots
        value = slots > Self.preset ? Int((slots / 100).rounded(.up)) * 100 : nil
    }

    /// The settings for one arm.
    ///
    /// - Parameters:
    ///   - collector: its figures.
    ///   - description: what its `ruby -v` prints; which settings there are depends on the series.
    /// - Returns: nothing for a Ruby whose version cannot be told.
    static func advice(of collector: CollectorFigures, ruby description: String) -> [SlotAdvice] {
        let words = description.split(separator: " ")
        let numbers = words.dropFirst().first?.split(separator: ".").prefix(2).compactMap {
            Int($0)
        }
        guard let numbers, numbers.count == 2 else { return [] }
        // A setting for each size of slots since 3.3 (NEWS of Ruby 3.3).
        if (numbers[0], numbers[1]) >= (3, 3) {
            return collector.heaps.map { heap in
                SlotAdvice(
                    "RUBY_GC_HEAP_\(heap.number)_INIT_SLOTS", slotSize: heap.slotSize,
                    slots: heap.slots)
            }
        }
        let largest = collector.heaps.map(\.slots).max() ?? collector.slots
        return largest.map { [SlotAdvice("RUBY_GC_HEAP_INIT_SLOTS", slotSize: nil, slots: $0)] }
            ?? []
    }
}
