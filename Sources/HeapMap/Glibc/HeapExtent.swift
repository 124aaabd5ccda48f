/// One piece of address space that is tiled with chunks without a gap.
struct HeapExtent: Sendable, Hashable {
    /// The pages of the piece, glibc's own records included.
    let range: Range<UInt64>
    /// Where the arena's bytes begin; what stands before them on that page is not malloc's.
    let begin: UInt64
    let firstChunk: UInt64
    /// The top chunk where this piece has it; older heaps end in a fencepost instead.
    let top: UInt64?
    let isMain: Bool
    /// Whether the program break is where the top chunk ends; malloc_trim moves it only then.
    var endsAtBreak = false
    let pages: PageStates

    /// The pieces of an arena, in the order of the heaps.
    ///
    /// - Throws: `MapUnavailable` when the main arena is not one piece of the heap that brk(2)
    ///   grows.
    static func extents(
        of arena: ArenaState, _ layout: GlibcLayout, heap: Range<UInt64>?,
        _ reader: some MemoryReader
    ) throws(MapUnavailable) -> [HeapExtent] {
        guard arena.isUsed else { return [] }
        if arena.isMain { return [try main(arena, heap: heap, reader)] }
        var extents: [HeapExtent] = []
        for (index, heap) in arena.heaps.enumerated() {
            let range = heap.address..<heap.address + heap.size
            let records = heap.recordSize + (index == 0 ? layout.stateSize : 0)
            let isLast = index == arena.heaps.count - 1
            guard !isLast || range.contains(arena.top) else {
                throw MapUnavailable(
                    "the top of the arena at \(arena.address.hex) is outside its heap",
                    mayPass: true)
            }
            extents.append(
                HeapExtent(
                    range: range, begin: range.lowerBound,
                    firstChunk: (heap.address + records).alignedUp(to: GlibcLayout.alignment),
                    top: isLast ? arena.top : nil, isMain: false, pages: try reader.pages(range)))
        }
        return extents
    }

    private static func main(
        _ arena: ArenaState, heap: Range<UInt64>?, _ reader: some MemoryReader
    ) throws(MapUnavailable) -> HeapExtent {
        guard let heap else {
            throw MapUnavailable(
                "the main arena does not grow by brk (glibc.malloc.hugetlb does that), and its"
                    + " pieces cannot be told apart from outside")
        }
        guard heap.contains(arena.top), arena.top % GlibcLayout.alignment == 0 else {
            throw MapUnavailable("the top of the main arena is not in [heap]", mayPass: true)
        }
        let topSize = try reader.words(arena.top + 8, 1)[0] & ~7
        guard topSize <= heap.upperBound - arena.top else {
            throw MapUnavailable("the top chunk of the main arena leaves [heap]", mayPass: true)
        }
        let end = arena.top + topSize
        let (start, isTooLarge) = end.subtractingReportingOverflow(arena.systemBytes)
        guard !isTooLarge, start >= heap.lowerBound, start < arena.top
        else {
            throw MapUnavailable(
                "the main arena is not one piece of [heap]: something else moved the program break",
                mayPass: true)
        }
        // What stands before the arena in [heap] was taken by others, such as the thread-local
        // storage of static programs.
        let range =
            start.alignedDown(to: reader.pageSize)..<end.alignedUp(to: reader.pageSize)
        return HeapExtent(
            range: range, begin: start, firstChunk: start.alignedUp(to: GlibcLayout.alignment),
            top: arena.top,
            isMain: true, endsAtBreak: end == heap.upperBound, pages: try reader.pages(range))
    }
}

/// Which extent an address lies in.
struct ExtentIndex: Sendable {
    /// In the order of their addresses.
    private let extents: [(extent: HeapExtent, number: Int)]

    init(_ extents: [HeapExtent]) {
        self.extents = extents.enumerated().map { (extent: $1, number: $0) }
            .sorted { $0.extent.range.lowerBound < $1.extent.range.lowerBound }
    }

    /// The extent that holds an address, by its place in the list this was made from.
    func number(holding address: UInt64) -> Int? {
        var low = 0
        var high = extents.count
        while low < high {
            let middle = (low + high) / 2
            if extents[middle].extent.range.upperBound <= address {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard low < extents.count, extents[low].extent.range.contains(address) else { return nil }
        return extents[low].number
    }
}

extension Range<UInt64> {
    /// What is left without some other ranges, which are in order and do not overlap.
    ///
    /// The kernel joins neighbours into one mapping, so a heap and a large chunk can share one.
    func without(_ others: [Range<UInt64>]) -> [Range<UInt64>] {
        var parts: [Range<UInt64>] = []
        var position = lowerBound
        for other in others where other.overlaps(self) {
            if other.lowerBound > position { parts.append(position..<other.lowerBound) }
            position = Swift.max(position, other.upperBound)
        }
        if position < upperBound { parts.append(position..<upperBound) }
        return parts
    }
}
