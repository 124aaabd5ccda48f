/// What is known of a process's memory at one moment.
package struct ProcessMap: Sendable, Hashable {
    package let process: Int32
    /// The name of the program, at most 15 characters.
    package let name: String
    package let threads: Int
    package let pageSize: UInt64
    /// For how long it was stopped, the last time and all times together.
    package let stopped: Duration
    package let stoppedInAll: Duration
    /// How often it was looked at: a thread in the middle of malloc means another look.
    package let looks: Int
    package let memory: MemoryTotals
    /// By kind, the largest first.
    package let regions: [Region]
    /// The largest mappings, by bytes in memory.
    package let largest: [LargeMapping]
    /// Libraries that replace malloc, by name.
    package let allocators: [String]
    package let heap: Heap
    /// Where Ruby keeps its objects; nil for other programs, and for versions whose pages are not
    /// known.
    package let ruby: RubyHeap?

    /// The heap of the C library.
    package enum Heap: Sendable, Hashable {
        case glibc(GlibcHeap)
        /// Another allocator has the heap; only regions can be drawn.
        case foreign(reason: String)
        case unavailable(reason: String)
    }

    /// Bytes of the whole process.
    package struct MemoryTotals: Sendable, Hashable {
        package internal(set) var resident: UInt64 = 0
        package internal(set) var proportional: UInt64 = 0
        package internal(set) var anonymous: UInt64 = 0
        package internal(set) var swapped: UInt64 = 0
    }

    /// What mappings are for.
    package enum Kind: String, Sendable, Hashable, CaseIterable, Encodable {
        /// What glibc's arenas grew in.
        case arenas
        /// Memory without a file; large chunks and what a program maps itself.
        case anonymous
        case stacks
        /// Ruby's own heap, where it names its memory.
        case rubyHeap = "ruby-heap"
        case files
        case shared
        case kernel
    }

    /// All mappings of one kind, in bytes.
    package struct Region: Sendable, Hashable {
        package let kind: Kind
        package internal(set) var mappings = 0
        package internal(set) var size: UInt64 = 0
        package internal(set) var resident: UInt64 = 0
        package internal(set) var swapped: UInt64 = 0

        mutating func add(size: UInt64, resident: UInt64, swapped: UInt64) {
            mappings += 1
            self.size += size
            self.resident += resident
            self.swapped += swapped
        }
    }

    /// One mapping, in bytes.
    package struct LargeMapping: Sendable, Hashable {
        package let kind: Kind
        package let address: UInt64
        package let size: UInt64
        package let resident: UInt64
        /// The file's or the kernel's name; may be empty.
        package let name: String
    }
}

extension ProcessMap {
    /// How many mappings are named.
    private static let mostMappings = 12

    init(
        _ files: ProcessFiles, _ status: ProcessStatus, _ look: Look, pageSize: UInt64,
        stopped: Duration, stoppedInAll: Duration, looks: Int, heap: Heap
    ) {
        ruby = look.ruby
        process = files.process
        name = status.name
        threads = status.threads
        self.pageSize = pageSize
        self.stopped = stopped
        self.stoppedInAll = stoppedInAll
        self.looks = looks
        self.heap = heap
        allocators = look.allocators
        var extents: [GlibcHeap.Extent] = []
        if case .glibc(let heap) = heap { extents = heap.arenas.flatMap(\.extents) }
        var memory = MemoryTotals()
        var regions: [Kind: Region] = [:]
        var largest: [LargeMapping] = []
        for mapping in look.mappings {
            memory.resident += mapping.resident
            memory.proportional += mapping.proportional
            memory.anonymous += mapping.anonymous
            memory.swapped += mapping.swapped
            let kind = look.kind(of: mapping)
            // A neighbour that the kernel joined to an arena is not the arena's.
            let own = extents.filter { mapping.range.contains($0.address) }
            let size = min(mapping.size, own.reduce(0) { $0 + $1.bytes })
            let resident = min(
                mapping.resident,
                own.flatMap(\.cells).reduce(0) { $0 + UInt64($1.residentPages) * pageSize })
            if size > 0 {
                regions[.arenas, default: Region(kind: .arenas)]
                    .add(size: size, resident: resident, swapped: 0)
            }
            if mapping.size > size {
                regions[kind, default: Region(kind: kind)].add(
                    size: mapping.size - size, resident: mapping.resident - resident,
                    swapped: mapping.swapped)
            }
            largest.append(
                LargeMapping(
                    kind: size > 0 ? .arenas : kind, address: mapping.range.lowerBound,
                    size: mapping.size,
                    resident: mapping.resident, name: mapping.name))
        }
        self.memory = memory
        self.regions = regions.values.sorted {
            ($1.resident, $0.kind.rawValue) < ($0.resident, $1.kind.rawValue)
        }
        self.largest = Array(
            largest.filter { $0.resident > 0 }
                .sorted { ($1.resident, $0.address) < ($0.resident, $1.address) }
                .prefix(Self.mostMappings))
    }
}

/// What one look at a process saw beside its heap.
struct Look: Sendable {
    let mappings: [MemoryMapping]
    let stackPointers: [UInt64]
    var ruby: RubyHeap?

    /// Libraries known to replace malloc, by the beginning of their file's name.
    private static let known = [
        ("libjemalloc.", "jemalloc"), ("libtcmalloc", "tcmalloc"), ("libmimalloc", "mimalloc"),
    ]

    var allocators: [String] {
        let files = Set(mappings.map(\.fileName))
        return Self.known.filter { known in files.contains { $0.hasPrefix(known.0) } }.map(\.1)
    }

    /// The C library of Alpine and others.
    var hasMusl: Bool { mappings.contains { $0.fileName.hasPrefix("ld-musl-") } }

    func kind(of mapping: MemoryMapping) -> ProcessMap.Kind {
        let name = mapping.name
        if name.hasPrefix("[stack") || stackPointers.contains(where: mapping.range.contains) {
            return .stacks
        }
        if name.hasPrefix("[anon:Ruby:") { return .rubyHeap }
        if name.hasPrefix("[v") { return .kernel }
        if !mapping.isPrivate { return .shared }
        return mapping.isAnonymous ? .anonymous : .files
    }
}
