import Testing

@testable import HeapMap

/// Chunks one by one, in bounded memory.
@Suite struct ChunkRunsTests {
    private func runs(_ limit: Int, _ chunks: [(ChunkRuns.Kind, UInt64)]) -> ChunkRuns {
        var runs = ChunkRuns(limit: limit)
        for chunk in chunks { runs.add(chunk.0, chunk.1) }
        return runs
    }

    private func text(_ runs: ChunkRuns) -> [String] {
        runs.runs.map { "\($0.kind) \($0.bytes) \($0.count)" }
    }

    @Test func chunksOfOneKindAndSizeAreOneRun() {
        let found = runs(
            8, [(.used, 32), (.used, 32), (.used, 48), (.free, 48), (.free, 0), (.free, 48)])
        #expect(text(found) == ["used 64 2", "used 48 1", "free 96 2"])
        #expect(found.detail == .exact)
    }

    @Test func neighboursAreJoinedWhenThereIsNoRoom() {
        let found = runs(
            3, [(.used, 32), (.used, 48), (.free, 64), (.used, 80), (.used, 96), (.used, 112)])
        #expect(text(found) == ["used 80 2", "free 64 1", "used 288 3"])
        #expect(found.detail == .merged)
    }

    @Test func whatHasNoRoomIsCutOffAndSaidToBe() {
        let found = runs(
            2, [(.used, 32), (.free, 48), (.used, 64), (.free, 80), (.used, 96)])
        #expect(text(found) == ["used 32 1", "free 48 1"])
        #expect(found.detail == .cutOff)
    }

    @Test func theRunsOfAnExtentTileIt() throws {
        let chunks: [FakeHeap.Chunk] = [
            .cache, .used(48), .used(48), .kept(64), .free(20000), .used(32), .fast(48),
        ]
        let fake = FakeHeap(GlibcVersion(2, 36), arenas: [chunks, [.used(160), .free(8192)], []])
        let heap = try #require(
            try GlibcHeapReader(
                fake.memory, mappings: fake.mappings, version: GlibcVersion(2, 36),
                fineness: .chunks
            ).read())
        let plain = try #require(try fake.read())
        #expect(heap.arenas.map(\.inUse) == plain.arenas.map(\.inUse))
        for extent in heap.arenas.flatMap(\.extents) {
            let found = try #require(extent.runs)
            #expect(found.runs.reduce(0) { $0 + $1.bytes } == extent.bytes)
            #expect(found.detail == .exact)
        }
        let main = try #require(heap.arenas[0].extents.first?.runs)
        #expect(
            text(main).prefix(7) == [
                "used 656 1", "used 96 2", "used 64 1", "free 20000 1", "used 32 1", "fast 48 1",
                "top 241248 1",
            ])
        #expect(plain.arenas[0].extents.first?.runs == nil)
    }
}
