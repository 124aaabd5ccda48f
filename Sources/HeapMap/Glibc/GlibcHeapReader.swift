/// Reads the whole heap of a stopped process, and refuses to guess.
package struct GlibcHeapReader<Reader: MemoryReader> {
    private let reader: Reader
    private let mappings: [MemoryMapping]
    private let version: GlibcVersion?
    private let fineness: Fineness

    /// The most bytes that are read at once: what the processor's nearest memory holds, since all of
    /// it is copied there and read once.
    private static var piece: Int { 256 << 10 }

    /// - Parameters:
    ///   - reader: the process's memory.
    ///   - mappings: its mappings, with the figures of smaps.
    ///   - version: what its C library names itself, where that is known.
    ///   - fineness: how finely the heap is drawn.
    package init(
        _ reader: Reader, mappings: [MemoryMapping], version: GlibcVersion?,
        fineness: Fineness = .cells
    ) {
        self.reader = reader
        self.fineness = fineness
        self.mappings = mappings
        self.version = version
    }

    /// Everything of one arena.
    fileprivate struct Walked {
        let arena: ArenaState
        let extents: [HeapExtent]
        var tallies: [ExtentTally] = []
        var cached = [ChunkCount](repeating: ChunkCount(), count: SizeClass.count)
    }

    /// Whether a thread was caught between locking and unlocking an arena; needs no figures of smaps.
    ///
    /// - Returns: false also when no arena can be found, which `read` says better.
    package func hasLockedArena() -> Bool {
        let found = try? ArenaFinder(reader: reader, mappings: mappings).find()
        return found?.arenas.contains(where: \.isLocked) ?? false
    }

    /// - Returns: nil when the C library's malloc was never used.
    /// - Throws: `MapUnavailable` with the reason when anything contradicts anything.
    package func read() throws(MapUnavailable) -> GlibcHeap? {
        guard let found = try ArenaFinder(reader: reader, mappings: mappings).find() else {
            return nil
        }
        try check(found)
        let heap = mappings.first { $0.name == "[heap]" }?.range
        var walked: [Walked] = []
        for arena in found.arenas {
            let extents = try HeapExtent.extents(of: arena, found.layout, heap: heap, reader)
            walked.append(Walked(arena: arena, extents: extents))
        }
        let main = found.arenas[0]
        let mainEnd = walked[0].extents.first?.range.upperBound ?? 0
        let parameters = try MallocParameters.find(
            in: found.data, mainStart: mainEnd &- main.systemBytes, version: version, reader)
        let trimUnit = max(reader.pageSize, parameters?.hugePage ?? 0)
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.piece, alignment: 4096)
        defer { buffer.deallocate() }
        var ciphers = knownCiphers
        var room = RunRoom(pages: walked.flatMap(\.extents).reduce(0) { $0 + $1.pages.count })
        for index in walked.indices {
            let fast = try fastChunks(walked[index], &ciphers)
            for (extent, fast) in zip(walked[index].extents, fast) {
                let runs = fineness == .chunks ? ChunkRuns(limit: room.limit(of: extent)) : nil
                let tally = try ChunkWalk.tally(
                    of: extent, fast: fast, trimUnit: trimUnit, runs: runs, reader, buffer: buffer)
                room.take(tally.runs?.runs.count ?? 0, extent)
                walked[index].tallies.append(tally)
            }
            try checkLinks(of: walked[index])
        }
        let caches = try takeCachesOut(of: &walked, ciphers)
        return GlibcHeap(
            version: version, layout: found.layout, walked, caches: caches,
            mapped: try mapped(parameters, walked, found.layout), pageSize: reader.pageSize,
            fineness: fineness)
    }

    /// Whether the layout that was seen is the one of the version that the library names.
    private func check(_ found: ArenaFinder<Reader>.Found) throws(MapUnavailable) {
        guard let version else { return }
        guard version >= .oldest else {
            throw MapUnavailable(
                "heaps of glibc \(version) are not read; the oldest is \(GlibcVersion.oldest)")
        }
        let record: UInt64 = version < GlibcVersion(2, 35) ? 32 : 48
        let heaps = found.arenas.flatMap(\.heaps)
        guard found.layout.hasFastbins == (version < GlibcVersion(2, 43)),
            heaps.allSatisfy({ $0.recordSize == record })
        else {
            throw MapUnavailable(
                "the arenas do not look as those of glibc \(version), which the C library names"
                    + " itself")
        }
    }

    private var knownCiphers: [LinkCipher] {
        guard let version else { return LinkCipher.allCases }
        return version < GlibcVersion(2, 32) ? [.plain] : [.mangled]
    }

    private var cacheLayouts: [GlibcLayout.Cache] {
        guard let version else { return [GlibcLayout.cache, GlibcLayout.largeCache] }
        return [version < GlibcVersion(2, 42) ? GlibcLayout.cache : GlibcLayout.largeCache]
    }

    /// The chunks in fastbins; the way their links are written is settled by the first that there
    /// are.
    private func fastChunks(_ walked: Walked, _ ciphers: inout [LinkCipher])
        throws(MapUnavailable) -> [FastChunks?]
    {
        guard walked.arena.fastbins.contains(where: { $0 != 0 }), !walked.extents.isEmpty else {
            return walked.extents.map { _ in nil }
        }
        var failure: MapUnavailable?
        for cipher in ciphers {
            let chaser = FastbinChaser(
                arena: walked.arena, extents: walked.extents, cipher: cipher,
                cache: PageCache(reader))
            do throws(MapUnavailable) {
                let found = try chaser.chase()
                ciphers = [cipher]
                return found
            } catch {
                failure = failure ?? error
            }
        }
        throw failure ?? MapUnavailable("the fastbins cannot be followed")
    }

    private func checkLinks(of walked: Walked) throws(MapUnavailable) {
        guard walked.arena.isUsed else { return }
        var sums = LinkSums()
        for tally in walked.tallies { sums.add(tally.links) }
        for bin in 0..<GlibcLayout.bins {
            // bin_at: as if a chunk stood two words before the links.
            sums.add(
                walked.arena.binsAddress + UInt64(bin) * 16 - 16,
                forward: walked.arena.bins[2 * bin], backward: walked.arena.bins[2 * bin + 1])
        }
        guard sums.areEqual else {
            throw MapUnavailable(
                "the bins of the arena at \(walked.arena.address.hex) do not hold exactly its free"
                    + " chunks", mayPass: true)
        }
    }

    /// Moves chunks in threads' caches from the used ones to those in caches.
    ///
    /// - Returns: how many caches hold something.
    private func takeCachesOut(of walked: inout [Walked], _ ciphers: [LinkCipher])
        throws(MapUnavailable) -> Int
    {
        let places = walked.indices.flatMap { arena in
            walked[arena].extents.indices.map { (arena: arena, extent: $0) }
        }
        let caches = ThreadCaches(
            reader: reader, extents: walked.flatMap(\.extents), layouts: cacheLayouts,
            ciphers: ciphers)
        let found = try caches.find(
            among: walked.flatMap { $0.tallies.flatMap(\.cacheCandidates) })
        let pageShift = UInt64(reader.pageSize.trailingZeroBitCount)
        for entry in found.entries {
            let (arena, extent) = places[entry.extent]
            let sizeClass = SizeClass.number(of: entry.size)
            guard walked[arena].tallies[extent].used[sizeClass].bytes >= entry.size else {
                throw MapUnavailable("a thread's cache holds a chunk that is free", mayPass: true)
            }
            walked[arena].tallies[extent].used[sizeClass].remove(entry.size)
            walked[arena].cached[sizeClass].add(entry.size)
            let start = walked[arena].extents[extent].range.lowerBound
            walked[arena].tallies[extent].pages.take(
                from: entry.address - start, entry.size, pageShift: pageShift)
        }
        return found.caches
    }

    /// Chunks with a mapping of their own.
    private func mapped(
        _ parameters: MallocParameters?, _ walked: [Walked], _ layout: GlibcLayout
    ) throws(MapUnavailable) -> GlibcHeap.Mapped? {
        guard let parameters else { return nil }
        let extents = walked.flatMap(\.extents).map(\.range)
            .sorted { $0.lowerBound < $1.lowerBound }
        let places = mappings.filter { mapping in
            mapping.isAnonymous && mapping.isPrivate && mapping.isReadable && mapping.isWritable
                && !mapping.name.hasPrefix("[stack") && mapping.name != "[heap]"
                && mapping.resident + mapping.swapped > 0
        }
        let found =
            parameters.mappedChunks == 0
            ? MappedChunks<Reader>.Found()
            : try MappedChunks(reader: reader, sizeIsNet: !layout.hasFastbins)
                .find(in: places.flatMap { $0.range.without(extents) })
        let areAll =
            found.count == parameters.mappedChunks && found.bytes == parameters.mappedBytes
        return GlibcHeap.Mapped(
            count: parameters.mappedChunks, bytes: parameters.mappedBytes,
            resident: areAll ? found.resident : nil, largest: areAll ? found.largest : [])
    }
}

extension GlibcHeap {
    fileprivate init<Reader>(
        version: GlibcVersion?, layout: GlibcLayout, _ walked: [GlibcHeapReader<Reader>.Walked],
        caches: Int, mapped: Mapped?, pageSize: UInt64, fineness: Fineness
    ) {
        self.version = version
        self.layout = layout
        self.mapped = mapped
        threadCaches = caches
        let pages = walked.flatMap(\.extents).reduce(0) { $0 + $1.pages.count }
        var perCell = 1
        while pages / perCell > fineness.mostCells { perCell *= 2 }
        pagesPerCell = perCell
        var largest: [FreeRun] = []
        for tally in walked.flatMap(\.tallies) { tally.largestFree.forEach { largest.keep($0) } }
        largestFree = largest
        arenas = walked.enumerated().map { number, one in
            let places = zip(one.extents, one.tallies)
            func sum(_ value: (ExtentTally) -> UInt64) -> UInt64 {
                one.tallies.reduce(0) { $0 + value($1) }
            }
            func total(_ classes: (ExtentTally) -> [ChunkCount]) -> ChunkCount {
                one.tallies.flatMap(classes).reduce(ChunkCount(), +)
            }
            return Arena(
                number: number, address: one.arena.address,
                attachedThreads: one.arena.attachedThreads, system: one.arena.systemBytes,
                inUse: total(\.used), free: total(\.free),
                cached: one.cached.reduce(ChunkCount(), +), fast: total(\.fast), top: sum(\.top),
                overhead: sum(\.overhead),
                resident: one.extents.reduce(0) {
                    $0 + $1.pages.residentBytes(from: $1.range.lowerBound, to: $1.range.upperBound)
                },
                swapped: one.extents.reduce(0) {
                    $0 + $1.pages.swappedBytes(from: $1.range.lowerBound, to: $1.range.upperBound)
                },
                trimmable: places.reduce(0) { sum, place in
                    place.1.trimmable.reduce(sum) {
                        $0 + place.0.pages.residentBytes(from: $1.lowerBound, to: $1.upperBound)
                    }
                },
                pages: places.reduce(PageCounts()) { $0.adding($1.1.pageCounts(of: $1.0)) },
                sizes: Self.sizes(one.tallies, one.cached),
                extents: places.map { $0.drawn($1, pagesPerCell: perCell) },
                restOfMallocInfo: sum(\.freeAsMallocInfo))
        }
    }

    private static func sizes(_ tallies: [ExtentTally], _ cached: [ChunkCount]) -> [Sizes] {
        (0..<SizeClass.count).compactMap { number in
            func total(_ classes: (ExtentTally) -> [ChunkCount]) -> ChunkCount {
                tallies.reduce(ChunkCount()) { $0 + classes($1)[number] }
            }
            let sizes = Sizes(
                upTo: 1 << UInt64(number), used: total(\.used), free: total(\.free),
                fast: total(\.fast), cached: cached[number])
            let count = sizes.used.count + sizes.free.count + sizes.fast.count
            return count + sizes.cached.count > 0 ? sizes : nil
        }
    }
}
