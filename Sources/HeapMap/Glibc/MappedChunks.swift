/// Finds the chunks that malloc mapped one by one, because they are large.
///
/// glibc keeps no list of them; they are told by their header, and believed only when number and
/// bytes are what glibc counted itself.
struct MappedChunks<Reader: MemoryReader> {
    let reader: Reader
    /// Whether the two words of the header are not part of the size (`mmap_size`, from 2.43 on).
    let sizeIsNet: Bool

    /// Mapped chunks that were seen.
    struct Found: Sendable, Hashable {
        var count = 0
        var bytes: UInt64 = 0
        var resident: UInt64 = 0
        var largest: [FreeRun] = []
    }

    /// How many bytes of address space are looked at together.
    private static var slice: UInt64 { 256 << 20 }

    /// The chunks in memory without a file that is no arena's.
    func find(in mappings: [Range<UInt64>]) throws(MapUnavailable) -> Found {
        var found = Found()
        for range in mappings {
            var position = range.lowerBound
            while position < range.upperBound {
                let end = min(range.upperBound, position + Self.slice)
                position = try look(at: position..<end, limit: range.upperBound, &found)
            }
        }
        return found
    }

    /// - Returns: where to go on, behind the last chunk.
    private func look(at range: Range<UInt64>, limit: UInt64, _ found: inout Found)
        throws(MapUnavailable) -> UInt64
    {
        let pages = try reader.pages(range)
        let filled = (0..<pages.count).map { range.lowerBound + UInt64($0) * pages.pageSize }
            .filter(pages.isReadable)
        let starts = try reader.words(at: filled, each: 2)
        // A chunk that was asked for with an alignment has its header just before a boundary.
        let ends = try reader.words(at: filled.map { $0 + pages.pageSize - 16 }, each: 2)
        var position = range.lowerBound
        for (index, page) in filled.enumerated() where page >= position {
            let headers = [
                (page, starts[2 * index], starts[2 * index + 1]),
                (page + pages.pageSize - 16, ends[2 * index], ends[2 * index + 1]),
            ]
            for (chunk, before, word) in headers {
                guard let mapping = mapping(chunk, before, word, limit: limit),
                    mapping.lowerBound >= position
                else { continue }
                found.count += 1
                let bytes = mapping.upperBound - mapping.lowerBound
                let states = try reader.pages(mapping)
                let resident = states.residentBytes(
                    from: mapping.lowerBound, to: mapping.upperBound)
                found.bytes += bytes
                found.resident += resident
                found.largest.keep(
                    FreeRun(address: mapping.lowerBound, bytes: bytes, resident: resident))
                position = mapping.upperBound
                break
            }
        }
        return max(position, range.upperBound)
    }

    /// The mapping that belongs to a header, if it is one.
    private func mapping(_ chunk: UInt64, _ before: UInt64, _ word: UInt64, limit: UInt64)
        -> Range<UInt64>?
    {
        // Of the flags only IS_MMAPPED is set. From 2.43 on the lowest bit of the offset tells of
        // huge pages (MMAP_HP).
        let offset = sizeIsNet ? before & ~1 : before
        guard word & 15 == 2, offset % 16 == 0, offset <= chunk else { return nil }
        let start = chunk - offset
        let (total, isTooLarge) = (word & ~7).addingReportingOverflow(
            offset + (sizeIsNet ? 16 : 0))
        guard !isTooLarge, start % reader.pageSize == 0, total % reader.pageSize == 0, total > 0,
            total <= limit - start, start + total > chunk
        else { return nil }
        return start..<start + total
    }
}
