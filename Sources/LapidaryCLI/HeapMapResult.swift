import HeapMap

/// What `heapmap --format json` prints.
///
/// Sizes are bytes, addresses hexadecimal text.
struct HeapMapResult: Encodable {
    /// Version of the shape of this result; raised when a field changes its meaning.
    static let version = 1

    struct Process: Encodable {
        let pid: Int32
        let name: String
        let threads: Int
    }

    struct Reading: Encodable {
        /// Seconds the process stood still: the last time, and all times together.
        let stoppedSeconds: Double
        let stoppedSecondsInAll: Double
        let looks: Int
    }

    struct Memory: Encodable {
        let resident: UInt64
        let proportional: UInt64
        let anonymous: UInt64
        let swapped: UInt64
    }

    struct Region: Encodable {
        let kind: ProcessMap.Kind
        let mappings: Int
        let size: UInt64
        let resident: UInt64
        let swapped: UInt64
    }

    struct Mapping: Encodable {
        let kind: ProcessMap.Kind
        let address: String
        let size: UInt64
        let resident: UInt64
        let name: String
    }

    struct Chunks: Encodable {
        let count: Int
        let bytes: UInt64

        init(_ chunks: ChunkCount) {
            count = chunks.count
            bytes = chunks.bytes
        }
    }

    struct FreeRun: Encodable {
        let address: String
        let bytes: UInt64
        let resident: UInt64

        init(_ run: HeapMap.FreeRun) {
            address = hexadecimal(run.address)
            bytes = run.bytes
            resident = run.resident
        }
    }

    struct Pages: Encodable {
        let absent: Int
        let free: Int
        let mixed: Int
        let full: Int
        let usedBytesOfMixed: UInt64
    }

    struct Sizes: Encodable {
        let upTo: UInt64
        let used: Chunks
        let free: Chunks
        let fastbins: Chunks
        let tcache: Chunks
    }

    /// A piece of an arena, drawn with a character for each `pagesPerCell` pages.
    ///
    /// `resident`, `used` and `trimmable` are digits: 0 none of the cell, 9 all of it, 1 to 8 in
    /// between. `largest` is the class of the largest used chunk: `-` none, `f` up to 2^5 bytes,
    /// `g` up to 2^6, and so on.
    struct Extent: Encodable {
        let address: String
        let bytes: UInt64
        let resident: String
        let used: String
        let trimmable: String
        let largest: String
        /// With `--detail`: runs of chunks, `u2i.3` for three used ones of 90 x 16 bytes together.
        let chunks: String?
        let chunkDetail: ChunkRuns.Detail?
    }

    struct Arena: Encodable {
        let number: Int
        let address: String
        let attachedThreads: UInt64
        let system: UInt64
        let inUse: Chunks
        let free: Chunks
        let tcache: Chunks
        let fastbins: Chunks
        let top: UInt64
        let overhead: UInt64
        let resident: UInt64
        let swapped: UInt64
        let trimmable: UInt64
        let pages: Pages
        let sizes: [Sizes]
        let extents: [Extent]
    }

    struct Mapped: Encodable {
        let count: Int
        let bytes: UInt64
        let resident: UInt64?
        let largest: [FreeRun]
    }

    /// Ruby's pages of one slot size; free slots as the last sweep left them.
    struct RubySlots: Encodable {
        let slot: Int
        let pages: Int
        let emptyPages: Int
        /// Pages with objects in a tenth of their slots at most, and their bytes in memory.
        let sparsePages: Int
        let sparseResident: UInt64
        let slots: Int
        let freeSlots: Int
        let bytes: UInt64
        let resident: UInt64
    }

    struct Heap: Encodable {
        let allocator = "glibc"
        let version: String?
        let system: UInt64
        let resident: UInt64
        let trimmable: UInt64
        let threadCaches: Int
        let arenas: [Arena]
        let mapped: Mapped?
        let largestFree: [FreeRun]
        let pagesPerCell: Int
    }

    let schema = JSONOutput.schema
    let heapmap = HeapMapResult.version
    let process: Process
    let reading: Reading
    let pageSize: UInt64
    let memory: Memory
    let regions: [Region]
    let largestMappings: [Mapping]
    /// Libraries that replace malloc.
    let allocators: [String]
    let heap: Heap?
    let ruby: [RubySlots]?
    /// Why there is no heap.
    let unavailable: String?

    init(_ map: ProcessMap) {
        process = Process(pid: map.process, name: map.name, threads: map.threads)
        reading = Reading(
            stoppedSeconds: map.stopped / .seconds(1),
            stoppedSecondsInAll: map.stoppedInAll / .seconds(1), looks: map.looks)
        pageSize = map.pageSize
        memory = Memory(
            resident: map.memory.resident, proportional: map.memory.proportional,
            anonymous: map.memory.anonymous, swapped: map.memory.swapped)
        regions = map.regions.map {
            Region(
                kind: $0.kind, mappings: $0.mappings, size: $0.size, resident: $0.resident,
                swapped: $0.swapped)
        }
        largestMappings = map.largest.map {
            Mapping(
                kind: $0.kind, address: hexadecimal($0.address), size: $0.size,
                resident: $0.resident, name: $0.name)
        }
        allocators = map.allocators
        ruby = map.ruby?.sizes.map {
            RubySlots(
                slot: $0.slot, pages: $0.pages, emptyPages: $0.emptyPages,
                sparsePages: $0.sparsePages, sparseResident: $0.sparseResident, slots: $0.slots,
                freeSlots: $0.freeSlots, bytes: $0.bytes, resident: $0.resident)
        }
        switch map.heap {
        case .glibc(let heap):
            self.heap = Heap(heap, pageSize: map.pageSize)
            unavailable = nil
        case .foreign(let reason), .unavailable(let reason):
            self.heap = nil
            unavailable = reason
        }
    }
}

private func hexadecimal(_ address: UInt64) -> String { "0x" + String(address, radix: 16) }

extension HeapMapResult.Heap {
    fileprivate init(_ heap: GlibcHeap, pageSize: UInt64) {
        version = heap.version?.description
        system = heap.system
        resident = heap.resident
        trimmable = heap.trimmable
        threadCaches = heap.threadCaches
        arenas = heap.arenas.map { HeapMapResult.Arena($0, pageSize: pageSize) }
        mapped = heap.mapped.map {
            HeapMapResult.Mapped(
                count: $0.count, bytes: $0.bytes, resident: $0.resident,
                largest: $0.largest.map(HeapMapResult.FreeRun.init))
        }
        largestFree = heap.largestFree.map(HeapMapResult.FreeRun.init)
        pagesPerCell = heap.pagesPerCell
    }
}

extension HeapMapResult.Arena {
    fileprivate init(_ arena: GlibcHeap.Arena, pageSize: UInt64) {
        number = arena.number
        address = hexadecimal(arena.address)
        attachedThreads = arena.attachedThreads
        system = arena.system
        inUse = HeapMapResult.Chunks(arena.inUse)
        free = HeapMapResult.Chunks(arena.free)
        tcache = HeapMapResult.Chunks(arena.cached)
        fastbins = HeapMapResult.Chunks(arena.fast)
        top = arena.top
        overhead = arena.overhead
        resident = arena.resident
        swapped = arena.swapped
        trimmable = arena.trimmable
        pages = HeapMapResult.Pages(
            absent: arena.pages.absent, free: arena.pages.free, mixed: arena.pages.mixed,
            full: arena.pages.full, usedBytesOfMixed: arena.pages.usedOfMixed)
        sizes = arena.sizes.map {
            HeapMapResult.Sizes(
                upTo: $0.upTo, used: HeapMapResult.Chunks($0.used),
                free: HeapMapResult.Chunks($0.free), fastbins: HeapMapResult.Chunks($0.fast),
                tcache: HeapMapResult.Chunks($0.cached))
        }
        extents = arena.extents.map { HeapMapResult.Extent($0, pageSize: pageSize) }
    }
}

extension HeapMapResult.Extent {
    fileprivate init(_ extent: GlibcHeap.Extent, pageSize: UInt64) {
        address = hexadecimal(extent.address)
        bytes = extent.bytes
        func digits(_ share: (GlibcHeap.Cell) -> Double) -> String {
            String(extent.cells.map { Self.digit(share($0)) })
        }
        resident = digits { Double($0.residentPages) / Double($0.pages) }
        used = digits { Double($0.usedBytes) / Double(UInt64($0.pages) * pageSize) }
        trimmable = digits { Double($0.trimmablePages) / Double($0.pages) }
        let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        largest = String(
            extent.cells.map { cell in
                cell.largestClass == 0 ? "-" : letters[cell.largestClass]
            })
        chunks = extent.runs.map(Self.text)
        chunkDetail = extent.runs?.detail
    }

    /// One word a run: its kind, its bytes in units of 16 and, for more than one chunk, how many, both
    /// in base 36.
    private static func text(_ runs: ChunkRuns) -> String {
        runs.runs.map { run in
            let bytes = String(run.bytes / 16, radix: 36)
            let count = run.count > 1 ? "." + String(run.count, radix: 36) : ""
            return "\(run.kind.letter)\(bytes)\(count)"
        }.joined(separator: " ")
    }

    /// 0 for nothing at all, 9 for everything, 1 to 8 for what is between.
    private static func digit(_ share: Double) -> Character {
        if share <= 0 { return "0" }
        if share >= 1 { return "9" }
        return Character(String(1 + Int(share * 8)))
    }
}

extension ChunkRuns.Detail: Encodable {}

extension ChunkRuns.Kind {
    fileprivate var letter: Character {
        switch self {
        case .used: "u"
        case .free: "f"
        case .fast: "q"
        case .top: "t"
        case .overhead: "o"
        }
    }
}
