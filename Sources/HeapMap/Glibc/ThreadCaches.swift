/// The chunks that threads keep for themselves (`tcache`): they look used to everybody else.
///
/// A cache is itself a chunk of known size, in some arena. A chunk of that size is taken for one
/// only when every number in it agrees with the list beside it, link by link.
struct ThreadCaches<Reader: MemoryReader> {
    let reader: Reader
    let extents: [HeapExtent]
    let layouts: [GlibcLayout.Cache]
    let ciphers: [LinkCipher]

    /// A chunk that a thread keeps.
    struct Entry: Sendable, Hashable {
        let extent: Int
        let address: UInt64
        let size: UInt64
    }

    /// What the caches hold, and how many there are that hold something.
    struct Found: Sendable {
        var caches = 0
        var entries: [Entry] = []
    }

    /// One list of one cache, followed as far as `next`.
    private struct Chain {
        let cache: Int
        let bin: Int
        var next: UInt64
        var left: Int
    }

    func find(among candidates: [UInt64]) throws(MapUnavailable) -> Found {
        for cipher in ciphers {
            let found = try find(among: candidates, cipher)
            if found.caches > 0 { return found }
        }
        return Found()
    }

    private func find(among candidates: [UInt64], _ cipher: LinkCipher) throws(MapUnavailable)
        -> Found
    {
        var found = Found()
        // What was never written must not be read, and cannot be a cache.
        let index = ExtentIndex(extents)
        let candidates = candidates.filter { candidate in
            guard let pages = index.number(holding: candidate).map({ extents[$0].pages }) else {
                return false
            }
            return pages.isReadable(candidate)
                && pages.isReadable(candidate + GlibcLayout.largeCache.chunkSize)
        }
        for layout in layouts {
            let chains = try chains(of: candidates, layout)
            let lists = try followed(chains, layout, cipher)
            found.caches += lists.count
            found.entries += lists.values.joined()
        }
        return found
    }

    /// The lists of all candidates whose numbers and heads agree.
    private func chains(of candidates: [UInt64], _ layout: GlibcLayout.Cache)
        throws(MapUnavailable) -> [Chain]
    {
        // The word with the size, then the numbers.
        let numberWords = (layout.bins + 3) / 4
        let heads = try reader.words(at: candidates.map { $0 + 8 }, each: 1 + numberWords)
        var chains: [Chain] = []
        for (index, candidate) in candidates.enumerated() {
            let words = heads.dropFirst(index * (1 + numberWords)).prefix(1 + numberWords)
            guard layout.fits((words.first ?? 0) & ~7),
                words.dropFirst().contains(where: { $0 != 0 })
            else { continue }
            let numbers = Self.numbers(words.dropFirst(), layout.bins)
            guard let lengths = Self.lengths(numbers, layout), lengths.contains(where: { $0 > 0 })
            else { continue }
            let entries = try reader.words(
                candidate + 16 + UInt64(numberWords) * 8, layout.bins)
            guard zip(entries, lengths).allSatisfy({ ($0 == 0) == ($1 == 0) }) else { continue }
            for bin in 0..<layout.bins where lengths[bin] > 0 {
                chains.append(
                    Chain(cache: index, bin: bin, next: entries[bin], left: lengths[bin]))
            }
        }
        return chains
    }

    /// 16-bit numbers out of 64-bit words.
    private static func numbers(_ words: ArraySlice<UInt64>, _ count: Int) -> [Int] {
        let all = words.flatMap { word in
            (0..<4).map { Int(word >> (UInt64($0) * 16) & 0xffff) }
        }
        return Array(all.prefix(count))
    }

    /// How long each list is.
    private static func lengths(_ numbers: [Int], _ layout: GlibcLayout.Cache) -> [Int]? {
        guard layout.countsDown else { return numbers }
        // Every list begins with the same number of free places (tcache_init).
        guard let places = numbers.max(), places > 0 else { return nil }
        return numbers.map { places - $0 }
    }

    /// Follows all lists at once, one link of each with every look at the process.
    ///
    /// - Returns: by cache, its chunks; a cache with any list that does not hold is left out.
    private func followed(
        _ chains: [Chain], _ layout: GlibcLayout.Cache, _ cipher: LinkCipher
    ) throws(MapUnavailable) -> [Int: [Entry]] {
        let index = ExtentIndex(extents)
        var entries: [Int: [Entry]] = [:]
        for chain in chains { entries[chain.cache] = [] }
        var running = chains
        while !running.isEmpty {
            var places: [Int] = []
            running = running.filter { chain in
                guard entries[chain.cache] != nil else { return false }
                let chunk = chain.next &- 16
                guard chunk % 16 == 0, let number = index.number(holding: chunk),
                    extents[number].pages.isReadable(chunk),
                    extents[number].pages.isReadable(chunk + 24)
                else {
                    entries[chain.cache] = nil
                    return false
                }
                places.append(number)
                return true
            }
            let words = try reader.words(at: running.map { $0.next - 8 }, each: 2)
            var rest: [Chain] = []
            for (position, var chain) in running.enumerated() {
                let size = words[2 * position] & ~7
                guard entries[chain.cache] != nil else { continue }
                let room = extents[places[position]].range.upperBound - (chain.next - 16)
                guard Self.fits(size, bin: chain.bin), size <= room else {
                    entries[chain.cache] = nil
                    continue
                }
                entries[chain.cache]?.append(
                    Entry(extent: places[position], address: chain.next - 16, size: size))
                chain.left -= 1
                chain.next = cipher.reveal(words[2 * position + 1], at: chain.next)
                guard (chain.left == 0) == (chain.next == 0) else {
                    entries[chain.cache] = nil
                    continue
                }
                if chain.left > 0 { rest.append(chain) }
            }
            running = rest
        }
        return entries
    }

    /// Whether a list may hold a chunk of this size (`tidx2csize`, `large_csize2tidx`).
    private static func fits(_ size: UInt64, bin: Int) -> Bool {
        if bin < 64 { return size == 32 + 16 * UInt64(bin) }
        // The largest small chunk has 1040 bytes; each bin above doubles.
        let largestSmall: UInt64 = 1040
        return size > largestSmall
            && 64 + largestSmall.leadingZeroBitCount - size.leadingZeroBitCount == bin
    }
}
