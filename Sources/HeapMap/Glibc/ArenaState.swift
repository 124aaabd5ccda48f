/// One arena's own record (`struct malloc_state`, malloc/malloc.c) and the heaps it grew.
struct ArenaState: Sendable, Hashable {
    let address: UInt64
    let isMain: Bool
    /// Whether a thread was between locking and unlocking it.
    let isLocked: Bool
    /// Heads of the fastbins; empty where there are none.
    let fastbins: [UInt64]
    let top: UInt64
    /// The links of bins 1 to 127, two words each.
    let bins: [UInt64]
    let binsAddress: UInt64
    let next: UInt64
    /// Threads that take memory from it.
    let attachedThreads: UInt64
    /// Bytes it got from the system.
    let systemBytes: UInt64
    /// Its heaps from the oldest to the one that grows; empty for the main arena, which grows by
    /// brk(2).
    let heaps: [HeapHeader]

    /// The record that a heap of another arena begins with (`heap_info`, malloc/arena.c).
    struct HeapHeader: Sendable, Hashable {
        let address: UInt64
        /// Bytes in use from the address on.
        let size: UInt64
        /// `sizeof (heap_info)` of this glibc.
        let recordSize: UInt64
    }

    /// Whether anything was ever taken from it.
    var isUsed: Bool { systemBytes > 0 }

    init(
        at address: UInt64, isMain: Bool, _ layout: GlibcLayout, _ reader: some MemoryReader
    ) throws(MapUnavailable) {
        let name = isMain ? "the main arena" : "the arena at \(address.hex)"
        let recordSize = address % GlibcLayout.heapLimit
        guard isMain || GlibcLayout.heapInfoSizes.contains(recordSize) else {
            throw MapUnavailable("\(name) is not at the beginning of a heap", mayPass: true)
        }
        let words = try reader.words(address, Int(layout.stateSize / 8))
        let firstBin = Int(layout.binsOffset / 8)
        func word(_ offset: Int64) -> UInt64 { words[firstBin + Int(offset / 8)] }
        self.address = address
        self.isMain = isMain
        // The mutex is an int; 0 is unlocked (lll_lock, sysdeps/nptl/lowlevellock.h).
        isLocked = words[0] & 0xffff_ffff != 0
        fastbins =
            layout.hasFastbins ? Array(words[2..<2 + GlibcLayout.fastbins]) : []
        top = word(GlibcLayout.topOffset)
        bins = Array(words[firstBin..<firstBin + 2 * GlibcLayout.bins])
        binsAddress = address + layout.binsOffset
        next = word(GlibcLayout.nextOffset)
        attachedThreads = word(GlibcLayout.attachedOffset)
        systemBytes = word(GlibcLayout.systemOffset)
        let largest = word(GlibcLayout.maxSystemOffset)
        guard systemBytes <= largest, systemBytes % 16 == 0, next % 8 == 0, next != 0 else {
            throw MapUnavailable("\(name) does not look like one of glibc's")
        }
        heaps =
            isMain
            ? [] : try Self.heaps(of: address, top: top, recordSize: recordSize, name, reader)
        guard isMain || heaps.reduce(0, { $0 + $1.size }) == systemBytes else {
            throw MapUnavailable(
                "the heaps of \(name) do not add up to its \(systemBytes) bytes", mayPass: true)
        }
    }

    /// From the heap of `top` back to the first, which holds the arena itself.
    private static func heaps(
        of arena: UInt64, top: UInt64, recordSize: UInt64, _ name: String,
        _ reader: some MemoryReader
    ) throws(MapUnavailable) -> [HeapHeader] {
        var heaps: [HeapHeader] = []
        var address = top.alignedDown(to: GlibcLayout.heapLimit)
        while true {
            guard heaps.count < 65536 else {
                throw MapUnavailable("the heaps of \(name) have no end", mayPass: true)
            }
            let record = try reader.words(address, 4)
            let (owner, previous, size, accessible) = (record[0], record[1], record[2], record[3])
            guard owner == arena, size > 0, size % reader.pageSize == 0, size <= accessible,
                accessible <= GlibcLayout.heapLimit, previous % GlibcLayout.heapLimit == 0
            else {
                throw MapUnavailable("\(address.hex) is no heap of \(name)", mayPass: true)
            }
            heaps.append(HeapHeader(address: address, size: size, recordSize: recordSize))
            if previous == 0 { break }
            address = previous
        }
        guard let first = heaps.last, first.address + recordSize == arena else {
            throw MapUnavailable("the first heap of \(name) is not its own", mayPass: true)
        }
        return heaps.reversed()
    }
}
