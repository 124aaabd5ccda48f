import Testing

@testable import HeapMap

/// Heaps as each version of glibc writes them, and heaps that are broken.
@Suite struct LayoutTests {
    static let versions = [
        GlibcVersion(2, 31), GlibcVersion(2, 33), GlibcVersion(2, 36), GlibcVersion(2, 41),
        GlibcVersion(2, 42), GlibcVersion(2, 43),
    ]

    private static func arenas(_ version: GlibcVersion) -> [[FakeHeap.Chunk]] {
        var chunks: [FakeHeap.Chunk] = [
            .cache, .used(48), .kept(64), .free(20000), .used(32), .kept(64), .kept(1040),
            .used(5008), .free(96), .used(64),
        ]
        if version < GlibcVersion(2, 43) {
            chunks += [.fast(48), .free(4128), .fast(48), .fast(128), .used(32), .fast(48)]
        }
        return [chunks, [.used(160), .cache, .free(8192), .kept(32), .used(4096)], []]
    }

    @Test(arguments: versions)
    func everyVersionIsReadAsItWasWritten(version: GlibcVersion) throws {
        let heap = try #require(try FakeHeap(version, arenas: Self.arenas(version)).read())
        let hasFastbins = version < GlibcVersion(2, 43)
        #expect(heap.layout.hasFastbins == hasFastbins)
        #expect(heap.arenas.count == 3)
        #expect(heap.threadCaches == 2)
        let cacheChunk: UInt64 = version < GlibcVersion(2, 42) ? 0x290 : 0x300
        let main = heap.arenas[0]
        #expect(main.cached == ChunkCount(count: 3, bytes: 64 + 64 + 1040))
        let used: [UInt64] = [cacheChunk, 48, 32, 5008, 64] + (hasFastbins ? [32] : [])
        #expect(main.inUse == ChunkCount(count: used.count, bytes: used.reduce(0, +)))
        #expect(main.free.count == (hasFastbins ? 3 : 2))
        #expect(main.fast.count == (hasFastbins ? 4 : 0))
        #expect(main.fast.bytes == (hasFastbins ? 3 * 48 + 128 : 0))
        let second = heap.arenas[1]
        #expect(second.cached == ChunkCount(count: 1, bytes: 32))
        #expect(second.free == ChunkCount(count: 1, bytes: 8192))
        let record: UInt64 = version < GlibcVersion(2, 35) ? 32 : 48
        let state: UInt64 = hasFastbins ? 2200 : 2112
        #expect(second.overhead == (record + state).alignedUp(to: 16))
        #expect(heap.arenas[2].inUse.count == 0)
        for arena in heap.arenas {
            let chunks =
                arena.inUse.bytes + arena.free.bytes + arena.cached.bytes + arena.fast.bytes
            #expect(chunks + arena.top + arena.overhead == arena.system)
        }
        #expect(heap.mapped?.count == 0)
    }

    /// Worked out by hand from mtrim and systrim of malloc/malloc.c.
    @Test func whatATrimGivesBackIsWorkedOutAsGlibcDoes() throws {
        let chunks: [FakeHeap.Chunk] = [
            // The page at 0x1000 begins 48 bytes behind the free chunk: just enough.
            .used(0xfd0), .free(0x1030), .used(0x1000),
            // Ends at a page's end, from its beginning on: the first page keeps the header.
            .used(0x1000), .free(0x2000), .used(0x30),
        ]
        let heap = try #require(
            try FakeHeap(GlibcVersion(2, 36), arenas: [chunks]).read())
        let main = heap.arenas[0]
        let top: UInt64 = 0x40000 - 0x6030
        #expect(main.top == top)
        let ofTop = (top - 33).alignedDown(to: 4096)
        #expect(main.trimmable == 0x1000 + 0x1000 + ofTop)
    }

    @Test func aLayoutThatTheVersionContradictsIsRefused() throws {
        let heap = FakeHeap(GlibcVersion(2, 36), arenas: Self.arenas(GlibcVersion(2, 36)))
        for version in [GlibcVersion(2, 43), GlibcVersion(2, 31), GlibcVersion(2, 27)] {
            #expect(throws: MapUnavailable.self) {
                try GlibcHeapReader(heap.memory, mappings: heap.mappings, version: version)
                    .read()
            }
        }
    }

    @Test(arguments: versions)
    func withoutAVersionTheLayoutTellsItself(version: GlibcVersion) throws {
        let heap = FakeHeap(version, arenas: Self.arenas(version))
        let unknown = try GlibcHeapReader(heap.memory, mappings: heap.mappings, version: nil)
            .read()
        let known = try heap.read()
        #expect(unknown?.arenas == known?.arenas)
    }

    @Test func aLockedArenaIsSeen() throws {
        var heap = FakeHeap(GlibcVersion(2, 36), arenas: Self.arenas(GlibcVersion(2, 36)))
        func isLocked() -> Bool {
            GlibcHeapReader(heap.memory, mappings: heap.mappings, version: nil).hasLockedArena()
        }
        #expect(!isLocked())
        heap.poke(0x7e00_0400_0030) { $0 | 1 }
        #expect(isLocked())
        #expect(try heap.read() != nil)
    }

    /// One word of malloc's own at a time: every change of a header, link or record is noticed.
    @Test func everyBrokenWordIsNoticed() throws {
        let version = GlibcVersion(2, 36)
        let good = FakeHeap(version, arenas: Self.arenas(version))
        let chunk: UInt64 = 0x5555_5500_0000
        let bins: UInt64 = 0x7f00_0000_0480 + 112
        // The third used chunk is followed by a free one, 0x290 + 48 + 64 bytes from the start.
        let free = chunk + 0x290 + 48 + 64
        let changes: [(String, UInt64, UInt64)] = [
            ("size", chunk + 8, 16), ("size", free + 8, 32), ("alignment", free + 8, 8),
            ("mapped flag", free + 8, 2), ("arena flag", chunk + 8, 4),
            ("in use flag", free + 20000 + 8, 1), ("previous size", free + 20000, 16),
            ("forward link", free + 16, 16), ("backward link", free + 24, 16),
            ("bin", bins, 16), ("bin", bins + 8, 16), ("top", bins - 16, 16),
            ("system bytes", bins + 2072, 4096), ("ring", bins + 2048, 16),
            ("fastbin", bins - 112 + 16 + 8, 16),
            ("owner", 0x7e00_0400_0000, 16), ("heap's size", 0x7e00_0400_0000 + 16, 4096),
        ]
        for (name, address, bit) in changes {
            var broken = good
            broken.poke(address) { $0 ^ bit }
            #expect(throws: MapUnavailable.self, "\(name) at \(address.hex)") {
                try broken.read()
            }
        }
    }

    /// Whatever a heap holds, reading it ends, with figures that add up or with a reason.
    @Test func chanceNeverBreaksTheReader() throws {
        var random = SplitMix(seed: 20_261_121)
        var refused = 0
        for round in 0..<600 {
            let version = Self.versions[round % Self.versions.count]
            var heap = FakeHeap(version, arenas: Self.arenas(version))
            let own = UInt64(heap.own.count)
            for _ in 0...(round % 3) {
                let places: [Range<UInt64>] = [
                    0x7f00_0000_0400..<0x7f00_0000_0e00, 0x5555_5500_0000..<0x5555_5500_9000,
                    0x7e00_0400_0000..<0x7e00_0400_4000,
                ]
                let place = places[Int(random.next() % 3)]
                var address =
                    place.lowerBound
                    + random.next() % (place.upperBound - place.lowerBound) / 8 * 8
                // Half of the changes go to words that malloc itself reads.
                if random.next() % 2 == 0 { address = heap.own[Int(random.next() % own)] }
                let value: UInt64 =
                    switch random.next() % 4 {
                    case 0: random.next()
                    case 1: UInt64.max - random.next() % 64
                    case 2: random.next() % 4096
                    default: 0x5555_5500_0000 + random.next() % 0x40000
                    }
                heap.poke(address) { $0 ^ value }
            }
            do {
                guard let read = try heap.read() else { continue }
                for arena in read.arenas {
                    let chunks =
                        arena.inUse.bytes + arena.free.bytes + arena.cached.bytes
                        + arena.fast.bytes
                    #expect(chunks + arena.top + arena.overhead == arena.system)
                }
            } catch {
                refused += 1
            }
        }
        #expect(refused > 100)
    }
}

/// The same numbers every time.
private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
