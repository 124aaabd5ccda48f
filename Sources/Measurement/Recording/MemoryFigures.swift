/// What the kernel tells of the memory of one process at one moment, in bytes.
///
/// From smaps_rollup and status of proc(5); nil is what this kernel does not tell.
package struct MemoryFigures: Sendable, Hashable, Codable {
    /// Milliseconds since the program was started.
    package var t: Double
    package var rss: Int64
    /// The process's share: what several processes hold is divided among them.
    package var pss: Int64
    /// The share of anonymous memory: heaps, stacks and Ruby's own pages, no libraries.
    ///
    /// It is the figure to compare by.
    package var pssAnonymous: Int64?
    /// What only this process holds: Private_Clean and Private_Dirty.
    package var `private`: Int64
    package var privateDirty: Int64
    package var anonymous: Int64
    /// In huge pages.
    package var hugePages: Int64?
    /// Marked by MADV_FREE: still resident, taken when memory is short.
    package var lazyFree: Int64?
    package var swap: Int64
    /// The most that was ever resident (VmHWM).
    package var peak: Int64?
}

/// What the trim variant counts of its own work.
package struct TrimCounters: Sendable, Hashable, Codable {
    package var count: Int64
    package var nanoseconds: Int64?
    /// Given back by it.
    package var bytes: Int64?
}

/// What the allocator says of itself, of the settled process.
///
/// `name` is glibc, jemalloc, tcmalloc or mimalloc; exactly one of the others is there, or none
/// when it could not be asked.
package struct AllocatorTotals: Sendable, Hashable, Codable {
    package var name: String
    package var glibc: GlibcTotals?
    package var jemalloc: JemallocTotals?
    /// By the allocator's own names.
    package var others: [String: Int64]?

    package init(
        name: String, glibc: GlibcTotals? = nil, jemalloc: JemallocTotals? = nil,
        others: [String: Int64]? = nil
    ) {
        self.name = name
        self.glibc = glibc
        self.jemalloc = jemalloc
        self.others = others
    }
}

/// The sums of malloc_info(3), in bytes.
package struct GlibcTotals: Sendable, Hashable, Codable {
    package var arenas: Int
    /// Taken from the system for arenas, now.
    package var system: Int64
    /// The most that was ever taken for arenas.
    package var systemPeak: Int64
    /// Free chunks, the top ones included; what lies in caches of threads counts as used.
    package var free: Int64
    /// In fastbins; nil since glibc 2.43, which has none.
    package var fast: Int64?
    /// Chunks with mappings of their own.
    package var mapped: Int64
    package var mappedCount: Int
}

/// jemalloc's own statistics (mallctl(3), `stats.`), in bytes.
package struct JemallocTotals: Sendable, Hashable, Codable {
    package var version: String?
    package var allocated: Int64
    package var active: Int64
    package var metadata: Int64?
    package var resident: Int64?
    package var mapped: Int64
    package var retained: Int64?
}
