/// The chunks of one extent that wait in fastbins: they look used to their neighbours.
///
/// One bit for every 16 bytes, so that the walk can ask for each chunk in order.
struct FastChunks: Sendable {
    private let start: UInt64
    private var bits: [UInt64]
    private(set) var count = 0

    init(_ extent: HeapExtent) {
        start = extent.range.lowerBound
        let units = (extent.range.upperBound - start) / GlibcLayout.alignment
        bits = [UInt64](repeating: 0, count: Int(units / 64) + 1)
    }

    @inline(__always)
    func contains(_ chunk: UInt64) -> Bool {
        let unit = (chunk &- start) >> 4
        return bits[Int(unit >> 6)] >> (unit & 63) & 1 != 0
    }

    /// - Returns: whether it was not there yet.
    mutating func insert(_ chunk: UInt64) -> Bool {
        guard !contains(chunk) else { return false }
        let unit = (chunk - start) >> 4
        bits[Int(unit >> 6)] |= 1 << (unit & 63)
        count += 1
        return true
    }
}

/// Follows the fastbins of one arena.
struct FastbinChaser<Reader: MemoryReader> {
    let arena: ArenaState
    let extents: [HeapExtent]
    let cipher: LinkCipher
    let cache: PageCache<Reader>

    /// The chunks in fastbins, by extent; nil for extents that have none.
    ///
    /// - Throws: `MapUnavailable` when a list leads out of the arena, to a chunk of another size,
    ///   or in a circle.
    func chase() throws(MapUnavailable) -> [FastChunks?] {
        var found = [FastChunks?](repeating: nil, count: extents.count)
        let index = ExtentIndex(extents)
        for (bin, head) in arena.fastbins.enumerated() {
            // fastbin_index: bin 0 has chunks of 32 bytes.
            let size = 32 + 16 * UInt64(bin)
            var chunk = head
            while chunk != 0 {
                guard chunk % GlibcLayout.alignment == 0, let number = index.number(holding: chunk)
                else {
                    throw MapUnavailable(
                        "a fastbin of \(size) bytes leads out of its arena", mayPass: true)
                }
                let words = try cache.words(chunk + 8, extents[number].pages)
                guard words.0 & ~7 == size else {
                    throw MapUnavailable(
                        "a fastbin of \(size) bytes holds a chunk of another size", mayPass: true)
                }
                var chunks = found[number] ?? FastChunks(extents[number])
                found[number] = nil
                guard chunks.insert(chunk) else {
                    throw MapUnavailable("a fastbin of \(size) bytes is a circle", mayPass: true)
                }
                found[number] = chunks
                chunk = cipher.reveal(words.1, at: chunk + 16)
            }
        }
        return found
    }
}

/// Remembers pages, for lists that jump about: a page read once answers for all its chunks.
final class PageCache<Reader: MemoryReader> {
    private let reader: Reader
    private let lines: Int
    private var pages: [UInt64]
    private let memory: UnsafeMutableRawBufferPointer

    /// - Parameters:
    ///   - reader: where the pages come from.
    ///   - lines: how many pages are remembered, a power of two.
    init(_ reader: Reader, lines: Int = 1024) {
        self.reader = reader
        self.lines = lines
        pages = [UInt64](repeating: .max, count: lines)
        memory = .allocate(byteCount: lines * Int(reader.pageSize), alignment: 4096)
    }

    deinit { memory.deallocate() }

    /// The word at an address, a multiple of 8, and the one after it.
    ///
    /// - Throws: `MapUnavailable` when the page holds nothing.
    func words(_ address: UInt64, _ states: PageStates) throws(MapUnavailable) -> (UInt64, UInt64) {
        (try word(address, states), try word(address + 8, states))
    }

    private func word(_ address: UInt64, _ states: PageStates) throws(MapUnavailable) -> UInt64 {
        let page = address.alignedDown(to: reader.pageSize)
        let line = Int(truncatingIfNeeded: page / reader.pageSize) & (lines - 1)
        let offset = line * Int(reader.pageSize)
        if pages[line] != page {
            guard states.isReadable(address) else {
                throw MapUnavailable("a free chunk lies where there is no memory", mayPass: true)
            }
            pages[line] = .max
            try reader.read(
                page,
                into: UnsafeMutableRawBufferPointer(
                    rebasing: memory[offset..<offset + Int(reader.pageSize)]))
            pages[line] = page
        }
        return memory.load(fromByteOffset: offset + Int(address - page), as: UInt64.self)
    }
}
