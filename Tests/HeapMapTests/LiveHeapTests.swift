import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import HeapMap

/// Maps of real heaps, held against what malloc says of itself and does.
@Suite(.enabled(if: HeapProgram.isPossible)) struct LiveHeapTests {
    /// Threads that fill an arena each with chunks of all sizes and free most of them.
    private static let manyArenas = """
        static pthread_barrier_t full;
        static size_t bytes;

        static void *fill(void *number)
        {
            unsigned long state = 88172645463325252UL + 977 * (unsigned long)number;
            size_t count = 0, sum = 0;
            void **chunks = malloc(sizeof *chunks * (bytes / 64 + 16));
            while (sum < bytes) {
                size_t size = 24 + next(&state) % (next(&state) % 100 < 80 ? 200 : 20000);
                memset(chunks[count++] = malloc(size), 7, size);
                sum += size + 8;
            }
            for (size_t i = 0; i < count; i++)
                if (next(&state) % 100 < 60 || i / 2000 % 3 == 1) free(chunks[i]);
            pthread_barrier_wait(&full);
            wait_for("end");
            return NULL;
        }

        int main(int argc, char **argv)
        {
            chdir(argv[1]);
            int threads = atoi(argv[2]);
            bytes = atol(argv[3]);
            pthread_barrier_init(&full, NULL, threads + 1);
            for (long i = 0; i < threads; i++) {
                pthread_t thread;
                pthread_create(&thread, NULL, fill, (void *)i);
            }
            pthread_barrier_wait(&full);
            ready();
            return 0;
        }
        """

    @Test(arguments: [[:], ["MALLOC_ARENA_MAX": "3"], ["MALLOC_ARENA_MAX": "1"]])
    func manyArenasAreAsMallocInfoSays(environment: [String: String]) async throws {
        try await HeapProgram.with(
            Self.manyArenas, ["7", "4000000"], environment: environment
        ) { program in
            let heap = try program.heap()
            let info = try program.mallocInfo()
            try #require(heap.arenas.count == info.arenas.count)
            for (arena, told) in zip(heap.arenas, info.arenas) {
                #expect(arena.system == told.system)
                #expect(arena.fast.bytes == told.fast)
                #expect(arena.fast.count == told.fastCount)
                let rest = arena.restOfMallocInfo
                #expect(max(rest, told.rest) - min(rest, told.rest) <= arena.system / 200)
                expectTiled(arena)
            }
            #expect(heap.mapped?.count == info.mappedCount)
            #expect(heap.mapped?.bytes == info.mappedBytes)
            #expect(heap.threadCaches >= 7)
            let released = UInt64(try await program.ask("trim"))
            #expect(released > 500_000)
            #expect(areClose(heap.trimmable, released, within: 0.02))
        }
    }

    @Test func lookingChangesNothing() async throws {
        try await HeapProgram.with(Self.manyArenas, ["3", "4000000"]) { program in
            _ = try await program.ask("trim")
            let first = try program.map()
            let second = try program.map()
            let (before, after) = (
                try HeapProgram.heap(of: first), try HeapProgram.heap(of: second)
            )
            #expect(before == after)
            #expect(first.memory.resident == second.memory.resident)
            // What can be given back was: only a page here and there is left.
            #expect(before.trimmable <= 64 << 10)
            #expect(before.arenas.contains { $0.pages.absent > 200 })
        }
    }

    /// What every byte of an arena is for.
    private func expectTiled(_ arena: GlibcHeap.Arena) {
        let chunks = arena.inUse.bytes + arena.free.bytes + arena.cached.bytes + arena.fast.bytes
        #expect(chunks + arena.top + arena.overhead == arena.system)
        let classes = arena.sizes.reduce(0) {
            $0 + $1.used.bytes + $1.free.bytes + $1.fast.bytes + $1.cached.bytes
        }
        // Chunks in caches count as used in their class until they are taken out.
        #expect(classes == chunks)
        let pages = arena.pages
        let cells = arena.extents.flatMap(\.cells)
        #expect(
            cells.reduce(0) { $0 + $1.pages } == pages.absent + pages.free + pages.mixed
                + pages.full)
        #expect(cells.reduce(0) { $0 + $1.residentPages } == pages.free + pages.mixed + pages.full)
        #expect(cells.reduce(0) { $0 + UInt64($1.trimmablePages) * 4096 } == arena.trimmable)
        // In static programs a part of the first page is not malloc's.
        let used = cells.reduce(0) { $0 + $1.usedBytes } - arena.inUse.bytes - arena.overhead
        #expect(used < 4096)
    }

    @Test func fastbinsJoinTheirNeighboursBeforeATrim() async throws {
        // Between large free chunks lie small ones in fastbins: alone none of these would leave a
        // whole page free, and after malloc_consolidate all of it is.
        let source = """
            int main(int argc, char **argv)
            {
                chdir(argv[1]);
                enum { COUNT = 40000 };
                static void *chunks[COUNT];
                mallopt(M_TRIM_THRESHOLD, 1 << 30);
                for (int i = 0; i < COUNT; i++) memset(chunks[i] = malloc(100), 1, 100);
                malloc(100);
                for (int i = 0; i < COUNT; i++) free(chunks[i]);
                ready();
                return 0;
            }
            """
        try await HeapProgram.with(source) { program in
            let heap = try program.heap()
            let main = heap.arenas[0]
            let info = try program.mallocInfo()
            if heap.layout.hasFastbins {
                #expect(main.fast.count == info.arenas[0].fastCount)
                #expect(main.fast.count > 39_000)
                #expect(main.free.bytes < 100_000)
            }
            expectTiled(main)
            let released = UInt64(try await program.ask("trim"))
            #expect(released > 4_000_000)
            #expect(areClose(heap.trimmable, released, within: 0.02))
        }
    }

    @Test func aThreadsCacheIsCountedToTheChunk() async throws {
        let source = """
            static void *keep(void *unused)
            {
                void *chunks[9][5];
                for (int size = 0; size < 9; size++)
                    for (int i = 0; i < 5; i++) chunks[size][i] = malloc(24 + 112 * size);
                for (int size = 0; size < 9; size++)
                    for (int i = 0; i < 5; i++) free(chunks[size][i]);
                say("kept", 1);
                wait_for("end");
                return NULL;
            }

            int main(int argc, char **argv)
            {
                chdir(argv[1]);
                pthread_t thread;
                pthread_create(&thread, NULL, keep, NULL);
                wait_for("kept");
                ready();
                return 0;
            }
            """
        try await HeapProgram.with(source) { program in
            let heap = try program.heap()
            let arena = try #require(heap.arenas.dropFirst().first)
            #expect(arena.cached.count == 45)
            // Chunks of 32, 144, 256 … bytes: a request of 24 + 112 n takes 8 bytes more.
            let sizes = stride(from: UInt64(32), through: 928, by: 112)
            #expect(arena.cached.bytes == 5 * sizes.reduce(0, +))
            expectTiled(arena)
        }
    }

    @Test func largeChunksAreFoundByTheirHeaders() async throws {
        let source = """
            int main(int argc, char **argv)
            {
                chdir(argv[1]);
                mallopt(M_MMAP_THRESHOLD, 256 << 10);
                for (int i = 1; i <= 5; i++) memset(malloc(i * 1000000), 1, i * 500000);
                void *aligned;
                if (posix_memalign(&aligned, 1 << 16, 3000000) != 0) return 1;
                memset(aligned, 1, 100);
                ready();
                return 0;
            }
            """
        try await HeapProgram.with(source) { program in
            let heap = try program.heap()
            let info = try program.mallocInfo()
            let mapped = try #require(heap.mapped)
            #expect(mapped.count == 6)
            #expect(mapped.count == info.mappedCount)
            #expect(mapped.bytes == info.mappedBytes)
            let resident = try #require(mapped.resident)
            #expect((7_500_000...7_700_000).contains(resident))
            #expect(mapped.largest.count == 6)
            #expect(mapped.largest.first.map { $0.bytes > 5_000_000 } == true)
        }
    }

    @Test func oneArenaOfOneThreadIsFoundToo() async throws {
        let source = """
            int main(int argc, char **argv)
            {
                chdir(argv[1]);
                for (int i = 0; i < 1000; i++) memset(malloc(3000), 1, 3000);
                ready();
                return 0;
            }
            """
        for flags in [[], ["-static"], ["-static", "-no-pie"], ["-no-pie"]] {
            try await HeapProgram.with(source, flags: flags) { program in
                let heap = try program.heap()
                #expect(heap.arenas.count == 1)
                #expect(heap.arenas[0].system == (try program.mallocInfo()).arenas[0].system)
                #expect(heap.arenas[0].inUse.bytes > 3_000_000)
                expectTiled(heap.arenas[0])
            }
        }
    }

    @Test func anArenaOfManyHeapsIsOne() async throws {
        // 200 MB in one arena are four heaps of 64 MB; what is never written is not in memory.
        let source = """
            static void *fill(void *unused)
            {
                mallopt(M_MMAP_THRESHOLD, 32 << 20);
                for (int i = 0; i < 2000; i++) *(char *)malloc(100000) = 1;
                say("filled", 1);
                wait_for("end");
                return NULL;
            }

            int main(int argc, char **argv)
            {
                chdir(argv[1]);
                pthread_t thread;
                pthread_create(&thread, NULL, fill, NULL);
                wait_for("filled");
                ready();
                return 0;
            }
            """
        try await HeapProgram.with(source) { program in
            let heap = try program.heap()
            let arena = try #require(heap.arenas.dropFirst().first)
            #expect(arena.extents.count >= 3)
            #expect(arena.system == (try program.mallocInfo()).arenas[1].system)
            #expect(arena.pages.absent > 40_000)
            expectTiled(arena)
        }
    }
}
