/// What glibc's malloc counts of itself (`struct malloc_par mp_`, malloc/malloc.c).
///
/// It is found by `sbrk_base`, the address where the main arena begins; the words around that have
/// kept their order from glibc 2.26 to 2.43, but for one of padding that came with 2.35.
struct MallocParameters: Sendable, Hashable {
    /// Chunks that are mappings of their own (`n_mmaps`), and their bytes (`mmapped_mem`).
    let mappedChunks: Int
    let mappedBytes: UInt64
    /// To a multiple of this many bytes the end of the main arena is given back
    /// (`thp_pagesize`); 0 when it is not set.
    let hugePage: UInt64

    /// Looks for them in the library's data.
    ///
    /// - Parameters:
    ///   - data: where the main arena was found.
    ///   - mainStart: the first byte of the main arena.
    ///   - version: the library's version, where it is known.
    ///   - reader: the process's memory.
    /// - Returns: nil when nothing there looks like them.
    /// - Throws: `MapUnavailable` when the data cannot be read.
    static func find(
        in data: Range<UInt64>, mainStart: UInt64, version: GlibcVersion?,
        _ reader: some MemoryReader
    ) throws(MapUnavailable) -> MallocParameters? {
        let pages = try reader.pages(data)
        var position = data.lowerBound
        while position < data.upperBound {
            let end = pages.readableEnd(from: position, limit: data.upperBound)
            guard end > position else {
                position += pages.pageSize
                continue
            }
            let words = try reader.words(position, Int(end - position) / 8)
            for index in words.indices.dropFirst(9) where words[index] == mainStart {
                if let found = MallocParameters(
                    words[(index - 9)...index], reader.pageSize, version)
                {
                    return found
                }
            }
            position = end
        }
        return nil
    }

    /// From nine words and `sbrk_base`.
    private init?(_ words: ArraySlice<UInt64>, _ pageSize: UInt64, _ version: GlibcVersion?) {
        let words = Array(words)
        let (bytes, largest) = (words[7], words[8])
        guard bytes <= largest, bytes % pageSize == 0 else { return nil }
        /// The 32-bit number `distance` bytes before sbrk_base.
        func number(_ distance: Int) -> Int {
            let word = words[(72 - distance) / 8]
            return Int(UInt32(truncatingIfNeeded: distance % 8 == 0 ? word : word >> 32))
        }
        // n_mmaps, n_mmaps_max, max_n_mmaps, no_dyn_threshold: four in a row.
        for distance in [36, 32] {
            let (chunks, most) = (number(distance), number(distance - 8))
            guard chunks <= most, number(distance - 12) <= 1, (chunks == 0) == (bytes == 0)
            else { continue }
            mappedChunks = chunks
            mappedBytes = bytes
            hugePage = (version.map { $0 >= GlibcVersion(2, 35) } ?? false) ? words[2] : 0
            return
        }
        return nil
    }
}
