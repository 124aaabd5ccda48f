package import Statistics

/// A figure of a run that is compared and shown.
package enum Figure: String, Sendable, Hashable, Codable, CaseIterable {
    /// Pss_Anon after the collections: what the verdict is on.
    case settled
    /// Pss_Anon when the work was done.
    case atEnd
    /// Pss_Anon after the program was left alone.
    case afterIdle
    /// VmHWM.
    case peak
    /// The mean of resident memory over the time of the work.
    case meanResident
    case wall
    case cpu
    /// Collections by the end of the work.
    case collections
    case majorCollections
    case trims

    /// What one of it is.
    package enum Unit: String, Sendable, Hashable, Codable {
        case bytes, nanoseconds, count
    }

    package var unit: Unit {
        switch self {
        case .settled, .atEnd, .afterIdle, .peak, .meanResident: .bytes
        case .wall, .cpu: .nanoseconds
        case .collections, .majorCollections, .trims: .count
        }
    }

    /// The figure of a run; nil when it has none.
    package func value(of run: Run) -> Double? {
        switch self {
        case .settled: run.settled?.share
        case .atEnd: run.atEnd?.share
        case .afterIdle: run.afterIdle?.share
        case .peak: run.settled?.peak.map(Double.init)
        case .meanResident: run.meanResident
        case .wall: Double(run.wallNanoseconds)
        case .cpu: run.cpuNanoseconds.map(Double.init)
        case .collections: run.gc?["count"]?.number
        case .majorCollections: run.gc?["major_gc_count"]?.number
        case .trims: run.trim.map { Double($0.count) }
        }
    }

    /// The figures of runs that have it.
    package func values(of runs: [Run]) -> [Double] { runs.compactMap(value) }

    /// Its middle and spread over runs; nil when none has it.
    package func spread(of runs: [Run]) -> Spread? { Spread(values(of: runs)) }
}

extension MemoryFigures {
    /// The share of anonymous memory; of kernels before 5.9, which do not divide it, all of it.
    fileprivate var share: Double { Double(pssAnonymous ?? anonymous) }
}

extension Run {
    /// Each sample counts for the time until the next.
    fileprivate var meanResident: Double? {
        let end = atEnd?.t ?? samples.last?.t ?? 0
        let working = samples.filter { $0.t <= end }
        guard let first = working.first, let last = working.last else { return nil }
        guard last.t > first.t else { return Double(first.rss) }
        let area = zip(working, working.dropFirst()).reduce(0.0) { area, pair in
            area + Double(pair.0.rss) * (pair.1.t - pair.0.t)
        }
        return area / (last.t - first.t)
    }
}
