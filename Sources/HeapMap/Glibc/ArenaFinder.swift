/// Finds the arenas of glibc's malloc without symbols, by what they must look like.
struct ArenaFinder<Reader: MemoryReader> {
    let reader: Reader
    let mappings: [MemoryMapping]

    /// The arenas of a process, the main one first, in the order of their ring.
    struct Found {
        let layout: GlibcLayout
        let arenas: [ArenaState]
        /// The data that the main arena is part of.
        let data: Range<UInt64>
    }

    /// Looks through the writable data of the C library, then of every other file, which finds
    /// programs that are linked statically.
    ///
    /// - Returns: nil when nothing there looks like an arena that was ever used.
    /// - Throws: `MapUnavailable` when arenas are there and do not hold together, or when there
    ///   are two main arenas.
    func find() throws(MapUnavailable) -> Found? {
        let files = mappings.indices.filter {
            mappings[$0].isWritable && mappings[$0].isPrivate && !mappings[$0].isAnonymous
        }
        let library = files.filter { Self.isLibrary(mappings[$0]) }
        for indices in [library, files.filter { !library.contains($0) }] {
            var found: [Found] = []
            for index in indices { found += try find(in: data(at: index)) }
            if found.count > 1 {
                throw MapUnavailable("the process has \(found.count) C libraries with heaps")
            }
            if let only = found.first { return only }
        }
        return nil
    }

    static func isLibrary(_ mapping: MemoryMapping) -> Bool {
        mapping.fileName.wholeMatch(of: /libc(\.so\.6|-2\.[0-9]+\.so)( \(deleted\))?/) != nil
    }

    /// A file's data and the zeroed data (.bss) that follows it without a gap.
    private func data(at index: Int) -> Range<UInt64> {
        let first = mappings[index].range
        guard index + 1 < mappings.count else { return first }
        let next = mappings[index + 1]
        let follows =
            next.range.lowerBound == first.upperBound && next.isAnonymous && next.isWritable
            && next.name.isEmpty
        return follows ? first.lowerBound..<next.range.upperBound : first
    }

    private func find(in range: Range<UInt64>) throws(MapUnavailable) -> [Found] {
        // No C library has so much data; what is there is a program's own.
        guard range.upperBound - range.lowerBound <= 16 << 20 else { return [] }
        let pages = try reader.pages(range)
        var found: [Found] = []
        var failure: MapUnavailable?
        var position = range.lowerBound
        while position < range.upperBound {
            let end = pages.readableEnd(from: position, limit: range.upperBound)
            guard end > position else {
                position += pages.pageSize
                continue
            }
            let words = try reader.words(position, Int(end - position) / 8)
            for first in Self.firstBins(words, at: position) {
                do throws(MapUnavailable) {
                    if let ring = try ring(throughBins: first, in: range) { found.append(ring) }
                } catch {
                    failure = error
                }
            }
            position = end
        }
        if found.isEmpty, let failure { throw failure }
        return found
    }

    /// Addresses where 127 bins may begin: each is empty, linked to itself, or holds two links.
    ///
    /// The links of an empty bin point two words before it, as if there were a chunk
    /// (`bin_at`, malloc/malloc.c).
    static func firstBins(_ words: [UInt64], at start: UInt64) -> [UInt64] {
        var addresses: [UInt64] = []
        let needed = 2 * GlibcLayout.bins
        func isEmptyBin(_ index: Int) -> Bool {
            let own = start &+ UInt64(index) &* 8 &- 16
            return words[index] == own && words[index + 1] == own
        }
        func mayBeBin(_ index: Int) -> Bool {
            isEmptyBin(index)
                || [words[index], words[index + 1]].allSatisfy { $0 > 4096 && $0 % 16 == 0 }
        }
        // Bins lie at multiples of 8 of either parity; each parity is one row of pairs.
        for parity in 0...1 {
            var run = 0
            var empty = 0
            var index = parity
            while index + 1 < words.count {
                run = mayBeBin(index) ? run + 1 : 0
                empty = run == 0 ? 0 : empty + (isEmptyBin(index) ? 1 : 0)
                let first = index - 2 * (GlibcLayout.bins - 1)
                if run >= GlibcLayout.bins, empty > 0, first + needed <= words.count {
                    addresses.append(start + UInt64(first) * 8)
                }
                index += 2
            }
        }
        return addresses
    }

    /// Follows the ring of arenas from bins that may be the main arena's.
    ///
    /// - Returns: nil when these are no bins of a main arena.
    private func ring(throughBins bins: UInt64, in data: Range<UInt64>) throws(MapUnavailable)
        -> Found?
    {
        let next: UInt64
        do throws(MapUnavailable) {
            next = try reader.words(bins.moved(GlibcLayout.nextOffset), 1)[0]
        } catch { return nil }
        let candidates = [true, false].map(GlibcLayout.init)
        // A ring of one points to itself, and so tells how far its beginning is from its bins;
        // otherwise the second arena stands just behind the heap_info of its heap.
        let isAlone = candidates.contains { bins - $0.binsOffset == next }
        guard isAlone || GlibcLayout.heapInfoSizes.contains(next % GlibcLayout.heapLimit) else {
            return nil
        }
        var failure: MapUnavailable?
        for layout in candidates {
            let main = bins - layout.binsOffset
            if isAlone, next != main { continue }
            do throws(MapUnavailable) {
                return Found(
                    layout: layout, arenas: try ring(from: main, layout), data: data)
            } catch {
                failure = failure ?? error
            }
        }
        throw failure ?? MapUnavailable("the ring of arenas does not close")
    }

    private func ring(from main: UInt64, _ layout: GlibcLayout) throws(MapUnavailable)
        -> [ArenaState]
    {
        var arenas = [try ArenaState(at: main, isMain: true, layout, reader)]
        var next = arenas[0].next
        var seen: Set<UInt64> = [main]
        while next != main {
            guard seen.insert(next).inserted, seen.count <= 65536 else {
                throw MapUnavailable("the ring of arenas does not close", mayPass: true)
            }
            let arena = try ArenaState(at: next, isMain: false, layout, reader)
            arenas.append(arena)
            next = arena.next
        }
        return arenas
    }
}

extension UInt64 {
    func moved(_ distance: Int64) -> UInt64 { self &+ UInt64(bitPattern: distance) }
}
