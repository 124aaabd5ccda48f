/// How finely a heap is drawn.
package enum Fineness: Sendable, Hashable {
    /// Pages taken together in at most 16,384 cells, no chunks.
    case cells
    /// Page by page in heaps of up to 1 GB, and with the runs of chunks.
    case chunks

    /// At most this many cells are drawn, however large the heap is.
    var mostCells: Int {
        switch self {
        case .cells: 16_384
        case .chunks: 262_144
        }
    }

    /// At most this many runs of chunks are remembered, of all extents together.
    static let mostRuns = 65_536
    /// And of one extent always so many.
    static let fewestRuns = 512
}

/// How many runs may still be remembered: small heaps are told in full, of large ones a part of each.
struct RunRoom {
    private var runs = Fineness.mostRuns
    private var pages: Int

    /// - Parameter pages: of all extents.
    init(pages: Int) { self.pages = pages }

    /// Its part of what is left by its size, and a third at least: chunks are not spread evenly.
    func limit(of extent: HeapExtent) -> Int {
        let part = runs * extent.pages.count / max(1, pages)
        return max(Fineness.fewestRuns, part, runs / 3)
    }

    mutating func take(_ count: Int, _ extent: HeapExtent) {
        runs = max(0, runs - count)
        pages -= extent.pages.count
    }
}

/// Chunks of an extent in the order of their addresses, in bounded memory: kinds and sizes only.
package struct ChunkRuns: Sendable, Hashable {
    /// What a chunk is; each has its letter in JSON.
    package enum Kind: UInt8, Sendable, Hashable {
        case used, free, fast, top
        /// glibc's own records.
        case overhead
    }

    /// Chunks side by side of one kind.
    package struct Run: Sendable, Hashable {
        package let kind: Kind
        package internal(set) var count: UInt32
        package internal(set) var bytes: UInt64
    }

    /// How much of the truth there was room for.
    package enum Detail: String, Sendable, Hashable {
        /// The chunks of a run have one size.
        case exact
        /// The chunks of a run differ in size.
        case merged
        /// As `merged`, and what stands behind the last run is not told.
        case cutOff = "cut-off"
    }

    package private(set) var runs: [Run] = []
    package private(set) var detail = Detail.exact
    private let limit: Int
    /// The size of each chunk in the last run.
    private var lastSize: UInt64 = 0

    /// - Parameter limit: how many runs are remembered, at most.
    init(limit: Int) {
        self.limit = limit
        runs.reserveCapacity(min(limit, 4096))
    }

    /// Adds the chunk that follows.
    mutating func add(_ kind: Kind, _ size: UInt64) {
        guard size > 0, detail != .cutOff else { return }
        if let last = runs.last, last.kind == kind, detail == .merged || size == lastSize {
            runs[runs.count - 1].count &+= 1
            runs[runs.count - 1].bytes += size
            return
        }
        if runs.count >= limit {
            guard detail == .exact else {
                detail = .cutOff
                return
            }
            merge()
            return add(kind, size)
        }
        runs.append(Run(kind: kind, count: 1, bytes: size))
        lastSize = size
    }

    /// Joins neighbours of one kind whatever their size, which makes room.
    private mutating func merge() {
        detail = .merged
        var merged: [Run] = []
        for run in runs {
            if let last = merged.last, last.kind == run.kind {
                merged[merged.count - 1].count &+= run.count
                merged[merged.count - 1].bytes += run.bytes
            } else {
                merged.append(run)
            }
        }
        runs = merged
    }
}
