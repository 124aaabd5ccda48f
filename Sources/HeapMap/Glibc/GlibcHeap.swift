/// A glibc heap as it was at one moment: sizes and places, never contents.
package struct GlibcHeap: Sendable, Hashable {
    /// The version that the library names itself; nil when it could not be read.
    package let version: GlibcVersion?
    package let layout: GlibcLayout
    package let arenas: [Arena]
    /// Nil when glibc's own count of them was not found.
    package let mapped: Mapped?
    /// Caches of threads that hold chunks.
    package let threadCaches: Int
    /// The largest runs of free memory, as malloc_trim would leave them, the largest first.
    package let largestFree: [FreeRun]
    /// How many pages one cell of `Extent` stands for, a power of two.
    package let pagesPerCell: Int

    /// Chunks that are mappings of their own.
    package struct Mapped: Sendable, Hashable {
        /// As glibc counts them itself.
        package let count: Int
        package let bytes: UInt64
        /// Bytes of them in memory; nil when not all could be found by their headers.
        package let resident: UInt64?
        package let largest: [FreeRun]
    }

    /// What an arena got from the system, and what became of it.
    ///
    /// All figures are bytes; those of chunks include their headers.
    package struct Arena: Sendable, Hashable {
        /// Its place in the ring; 0 is the main arena.
        package let number: Int
        package let address: UInt64
        package let attachedThreads: UInt64
        package let system: UInt64
        /// Taken by the program.
        package let inUse: ChunkCount
        /// In the bins; the top chunk is apart.
        package let free: ChunkCount
        /// In caches of threads.
        package let cached: ChunkCount
        package let fast: ChunkCount
        package let top: UInt64
        /// glibc's own records.
        package let overhead: UInt64
        /// In memory.
        package let resident: UInt64
        /// Swapped out.
        package let swapped: UInt64
        /// In memory, and given back by malloc_trim(0).
        package let trimmable: UInt64
        package let pages: PageCounts
        /// By class, without the classes that have no chunk.
        package let sizes: [Sizes]
        package let extents: [Extent]
        /// What malloc_info(3) prints as `<total type="rest" size=…>`; flags of size words count
        /// there.
        package let restOfMallocInfo: UInt64
    }

    /// How full the pages of an arena are.
    package struct PageCounts: Sendable, Hashable {
        /// Not in memory.
        package internal(set) var absent = 0
        /// In memory, and nothing on them is used.
        package internal(set) var free = 0
        /// In memory, and partly used.
        package internal(set) var mixed = 0
        /// In memory, and used to the last byte.
        package internal(set) var full = 0
        /// Used bytes on the mixed pages.
        package internal(set) var usedOfMixed: UInt64 = 0

        package init() {}

        /// Both together.
        package func adding(_ other: PageCounts) -> PageCounts {
            var sum = self
            sum.absent += other.absent
            sum.free += other.free
            sum.mixed += other.mixed
            sum.full += other.full
            sum.usedOfMixed += other.usedOfMixed
            return sum
        }
    }

    /// The chunks of one size class, in number and bytes.
    package struct Sizes: Sendable, Hashable {
        /// The largest size of the class, a power of two.
        package let upTo: UInt64
        package let used: ChunkCount
        package let free: ChunkCount
        package let fast: ChunkCount
        /// In caches of threads; not among the used.
        package let cached: ChunkCount
    }

    /// One piece of an arena, drawn in cells.
    package struct Extent: Sendable, Hashable {
        package let address: UInt64
        package let bytes: UInt64
        package let cells: [Cell]
        /// Its chunks, where `Fineness.chunks` was asked for; those in threads' caches count as used.
        package let runs: ChunkRuns?
    }

    /// Some pages side by side; the last cell of an extent may have fewer.
    package struct Cell: Sendable, Hashable {
        package internal(set) var pages = 0
        package internal(set) var residentPages = 0
        package internal(set) var usedBytes: UInt64 = 0
        package internal(set) var trimmablePages = 0
        /// The class (`SizeClass`) of the largest used chunk; 0 when there is none.
        package internal(set) var largestClass = 0
    }

    package var system: UInt64 { arenas.reduce(0) { $0 + $1.system } }
    package var trimmable: UInt64 { arenas.reduce(0) { $0 + $1.trimmable } }
    package var resident: UInt64 { arenas.reduce(0) { $0 + $1.resident } }
}
