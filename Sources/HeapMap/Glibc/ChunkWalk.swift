/// Steps from chunk to chunk through one extent and counts what it sees.
///
/// A chunk's header is two words: the size of the chunk before it, if that is free, and its own
/// size with three flags (`struct malloc_chunk`, malloc/malloc.c). Whether a chunk is free is told
/// by the flag PREV_INUSE of the one that follows.
struct ChunkWalk<Reader: MemoryReader> {
    private static var previousInUse: UInt64 { 1 }
    private static var isMmapped: UInt64 { 2 }
    private static var isOutsideMain: UInt64 { 4 }

    /// A chunk whose successor has yet to tell whether it is free.
    private struct Pending {
        var address: UInt64
        var word: UInt64
        var forward: UInt64
        var backward: UInt64
        var size: UInt64 { word & ~7 }
    }

    private let extent: HeapExtent
    private let fast: FastChunks?
    private let trimUnit: UInt64
    private var window: MemoryWindow<Reader>
    private var tally: ExtentTally
    private var runs: ChunkRuns?
    /// The run of free chunks that is open, as they will be once fastbins are emptied; its bounds
    /// are equal when none is.
    private var runStart: UInt64 = 0
    private var runEnd: UInt64 = 0
    private let pageShift: UInt64
    private let pageBase: UInt64
    // Millions of chunks pass while the process stands still, so what is counted for each of them
    // is reached without the checks of arrays. Whoever makes a walk gives these back.
    private let pages: UnsafeMutableBufferPointer<PageUse>
    private let used: UnsafeMutablePointer<ChunkCount>
    private let free: UnsafeMutablePointer<ChunkCount>
    private let inFastbins: UnsafeMutablePointer<ChunkCount>

    /// Walks one extent.
    ///
    /// - Parameters:
    ///   - extent: what is walked.
    ///   - fast: its chunks in fastbins.
    ///   - trimUnit: to a multiple of this many bytes the end of the main arena is given back.
    ///   - runs: what remembers the chunks one by one, where that is wanted.
    ///   - reader: the process's memory.
    ///   - buffer: memory for a piece of the extent.
    /// - Returns: what was seen.
    /// - Throws: `MapUnavailable` as soon as something is not as glibc leaves it between two calls.
    static func tally(
        of extent: HeapExtent, fast: FastChunks?, trimUnit: UInt64, runs: ChunkRuns?,
        _ reader: Reader, buffer: UnsafeMutableRawBufferPointer
    ) throws(MapUnavailable) -> ExtentTally {
        var walk = ChunkWalk(
            extent, fast: fast, trimUnit: trimUnit, runs: runs, reader, buffer: buffer)
        defer { walk.giveBack() }
        try walk.walk()
        return walk.result()
    }

    private init(
        _ extent: HeapExtent, fast: FastChunks?, trimUnit: UInt64, runs: ChunkRuns?,
        _ reader: Reader, buffer: UnsafeMutableRawBufferPointer
    ) {
        self.extent = extent
        self.fast = fast
        self.trimUnit = trimUnit
        window = MemoryWindow(reader, extent, buffer: buffer)
        tally = ExtentTally()
        self.runs = runs
        pages = .allocate(capacity: extent.pages.count)
        pages.initialize(repeating: PageUse())
        func counts() -> UnsafeMutablePointer<ChunkCount> {
            let counts = UnsafeMutablePointer<ChunkCount>.allocate(capacity: SizeClass.count)
            counts.initialize(repeating: ChunkCount(), count: SizeClass.count)
            return counts
        }
        used = counts()
        free = counts()
        inFastbins = counts()
        pageShift = UInt64(reader.pageSize.trailingZeroBitCount)
        pageBase = extent.range.lowerBound
    }

    private func giveBack() {
        pages.deallocate()
        used.deallocate()
        free.deallocate()
        inFastbins.deallocate()
    }

    private func result() -> ExtentTally {
        var tally = tally
        tally.pages = Array(pages)
        tally.runs = runs
        func array(_ counts: UnsafeMutablePointer<ChunkCount>) -> [ChunkCount] {
            Array(UnsafeBufferPointer(start: counts, count: SizeClass.count))
        }
        tally.used = array(used)
        tally.free = array(free)
        tally.fast = array(inFastbins)
        return tally
    }

    private mutating func walk() throws(MapUnavailable) {
        let end = extent.range.upperBound
        let records = extent.firstChunk - extent.range.lowerBound
        runs?.add(.overhead, records)
        if extent.begin > extent.range.lowerBound {
            addUse(from: extent.range.lowerBound, extent.begin - extent.range.lowerBound, 0)
        }
        addOverhead(from: extent.begin, to: extent.firstChunk)
        var address = extent.firstChunk
        var pending = Pending(address: 0, word: 0, forward: 0, backward: 0)
        while true {
            let isTop = address == extent.top
            let isEnd = isTop || address + GlibcLayout.header == end
            guard address + (isEnd ? 16 : 32) <= end else { throw broken(address) }
            let header = try window.pointer(address, isEnd ? 16 : 32)
            let word = header.load(fromByteOffset: 8, as: UInt64.self)
            if pending.address != 0 {
                try settle(
                    pending, inUse: word & Self.previousInUse != 0,
                    previousSize: header.load(as: UInt64.self))
            } else if word & Self.previousInUse == 0 {
                throw broken(address)
            }
            if isEnd {
                return try finish(at: address, word)
            }
            let size = word & ~7
            // A fencepost is a header alone, before the last word of a heap.
            let isFencepost =
                extent.top == nil && address + 2 * GlibcLayout.header == end && size == 16
            guard word & (8 | Self.isMmapped) == 0,
                size >= GlibcLayout.smallestChunk || isFencepost, size <= end &- address
            else { throw broken(address) }
            pending = Pending(
                address: address, word: word,
                forward: header.load(fromByteOffset: 16, as: UInt64.self),
                backward: header.load(fromByteOffset: 24, as: UInt64.self))
            address += size
        }
    }

    /// Counts a chunk now that its successor is known.
    @inline(__always)
    private mutating func settle(_ chunk: Pending, inUse: Bool, previousSize: UInt64)
        throws(MapUnavailable)
    {
        let size = chunk.size
        if size < GlibcLayout.smallestChunk {
            closeRun()
            runs?.add(.overhead, size)
            addOverhead(from: chunk.address, to: chunk.address + size)
            return
        }
        let sizeClass = SizeClass.number(of: size)
        if !inUse {
            guard previousSize == size else { throw broken(chunk.address) }
            free[sizeClass].add(size)
            runs?.add(.free, size)
            tally.freeAsMallocInfo += chunk.word
            tally.links.add(
                chunk.address, forward: chunk.forward, backward: chunk.backward)
            extendRun(chunk.address, size)
        } else if let fast, fast.contains(chunk.address) {
            inFastbins[sizeClass].add(size)
            runs?.add(.fast, size)
            extendRun(chunk.address, size)
        } else {
            // free() finds the arena of a chunk by this flag, so it cannot be wrong.
            let isPost = extent.top == nil && chunk.address + size + 16 == extent.range.upperBound
            guard (chunk.word & Self.isOutsideMain == 0) == extent.isMain || isPost else {
                throw broken(chunk.address)
            }
            used[sizeClass].add(size)
            runs?.add(.used, size)
            if GlibcLayout.cache.fits(size) || GlibcLayout.largeCache.fits(size) {
                tally.cacheCandidates.append(chunk.address)
            }
            addUse(from: chunk.address, size, sizeClass)
            closeRun()
        }
    }

    private mutating func finish(at address: UInt64, _ word: UInt64) throws(MapUnavailable) {
        let end = extent.range.upperBound
        guard address == extent.top else {
            // The last word of an older heap is a size of 0 (sysmalloc, malloc/malloc.c).
            guard extent.top == nil, word & ~7 == 0 else { throw broken(address) }
            closeRun()
            runs?.add(.overhead, end - address)
            addOverhead(from: address, to: end)
            return
        }
        guard word & ~7 == end - address else {
            throw MapUnavailable(
                "the top chunk at \(address.hex) does not end where its heap ends", mayPass: true)
        }
        tally.top = end - address
        runs?.add(.top, end - address)
        tally.freeAsMallocInfo += end - address
        // Emptied fastbins beside the top become part of it.
        var top = address
        if runEnd == address, runStart < runEnd {
            top = runStart
            (runStart, runEnd) = (0, 0)
        }
        note(
            FreeRun(
                address: top, bytes: end - top,
                resident: extent.pages.residentBytes(from: top, to: end)))
        guard extent.endsAtBreak else { return }
        // systrim (malloc/malloc.c): MINSIZE and one byte stay, and what is no whole unit.
        let spare = end - top
        guard spare > GlibcLayout.smallestChunk + 1 else { return }
        let given = (spare - GlibcLayout.smallestChunk - 1).alignedDown(to: trimUnit)
        if given > 0 { tally.trimmable.append(end - given..<end) }
    }

    @inline(__always)
    private mutating func extendRun(_ address: UInt64, _ size: UInt64) {
        if runEnd != address { runStart = address }
        runEnd = address + size
    }

    /// The run is complete: what mtrim (malloc/malloc.c) would give back of it.
    @inline(__always)
    private mutating func closeRun() {
        guard runStart < runEnd else { return }
        let (start, end) = (runStart, runEnd)
        (runStart, runEnd) = (0, 0)
        guard end - start >= 4096 else { return }
        close(start, end)
    }

    @inline(never)
    private mutating func close(_ start: UInt64, _ end: UInt64) {
        let pageSize = extent.pages.pageSize
        note(
            FreeRun(
                address: start, bytes: end - start,
                resident: extent.pages.residentBytes(from: start, to: end)))
        let first = (start + GlibcLayout.keptByTrim).alignedUp(to: pageSize)
        let last = end.alignedDown(to: pageSize)
        if first < last { tally.trimmable.append(first..<last) }
    }

    private mutating func note(_ run: FreeRun) {
        tally.largestFree.keep(run)
    }

    private mutating func addOverhead(from start: UInt64, to end: UInt64) {
        guard start < end else { return }
        tally.overhead += end - start
        addUse(from: start, end - start, 0)
    }

    @inline(__always)
    private mutating func addUse(from address: UInt64, _ size: UInt64, _ sizeClass: Int) {
        let first = Int(truncatingIfNeeded: (address &- pageBase) >> pageShift)
        let last = Int(truncatingIfNeeded: (address &+ size &- 1 &- pageBase) >> pageShift)
        let label = UInt8(truncatingIfNeeded: sizeClass)
        if first == last {
            pages[first].add(UInt32(truncatingIfNeeded: size), label)
        } else {
            pages.add(from: address - pageBase, size, label, pageShift: pageShift)
        }
    }

    private func broken(_ address: UInt64) -> MapUnavailable {
        MapUnavailable("the chunk at \(address.hex) is not as glibc leaves one", mayPass: true)
    }
}

extension [FreeRun] {
    /// How many of the largest are remembered.
    static var kept: Int { 10 }

    /// Keeps the list in order of size, and short.
    mutating func keep(_ run: FreeRun) {
        if count == Self.kept, let last, last.bytes >= run.bytes { return }
        let place = firstIndex { $0.bytes < run.bytes } ?? count
        insert(run, at: place)
        if count > Self.kept { removeLast() }
    }
}
