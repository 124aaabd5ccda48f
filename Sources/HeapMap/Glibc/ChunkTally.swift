/// How many chunks, and their bytes with the header of each.
package struct ChunkCount: Sendable, Hashable {
    package internal(set) var count = 0
    package internal(set) var bytes: UInt64 = 0

    mutating func add(_ size: UInt64) {
        count += 1
        bytes += size
    }

    mutating func remove(_ size: UInt64) {
        count -= 1
        bytes -= size
    }

    static func + (a: ChunkCount, b: ChunkCount) -> ChunkCount {
        ChunkCount(count: a.count + b.count, bytes: a.bytes + b.bytes)
    }
}

/// Classes of chunk sizes: class n holds sizes above 2^(n-1) up to 2^n bytes.
package enum SizeClass {
    /// Up to 2^47: the whole address space.
    package static let count = 48

    @inline(__always)
    package static func number(of size: UInt64) -> Int {
        64 - (size &- 1).leadingZeroBitCount
    }
}

/// What a walk found in one extent.
struct ExtentTally: Sendable {
    /// Taken by the program, or waiting in a thread's cache, which looks the same here.
    var used: [ChunkCount] = []
    /// In the arena's bins.
    var free: [ChunkCount] = []
    var fast: [ChunkCount] = []
    /// glibc's own records: heap_info, malloc_state, fenceposts.
    var overhead: UInt64 = 0
    var top: UInt64 = 0
    /// What lies on each page.
    var pages: [PageUse] = []
    /// Addresses whose memory malloc_trim(0) would give back, in whole pages.
    var trimmable: [Range<UInt64>] = []
    var largestFree: [FreeRun] = []
    /// The chunks one by one, where that was wanted.
    var runs: ChunkRuns?
    /// Chunks that may be threads' caches, by their size.
    var cacheCandidates: [UInt64] = []
    /// Sums over all free chunks that are equal when the bins hold exactly these chunks.
    var links = LinkSums()
    /// Bytes that malloc_info counts as free, flags of the size words included.
    var freeAsMallocInfo: UInt64 = 0
}

/// What lies on one page of an extent.
struct PageUse: Sendable, Hashable {
    /// Bytes of used chunks and of glibc's records.
    private(set) var bytes: UInt32 = 0
    /// The size class of the largest used chunk; 0 when there is none.
    private(set) var largest: UInt8 = 0

    @inline(__always)
    mutating func add(_ more: UInt32, _ sizeClass: UInt8) {
        bytes &+= more
        if sizeClass > largest { largest = sizeClass }
    }

    mutating func take(_ less: UInt32) { bytes -= min(bytes, less) }
}

extension UnsafeMutableBufferPointer<PageUse> {
    /// Adds the bytes of a chunk to the pages it lies on, by its offset from the first page.
    func add(from offset: UInt64, _ size: UInt64, _ sizeClass: UInt8, pageShift: UInt64) {
        PageUse.forEachPage(from: offset, size, pageShift: pageShift) { page, bytes in
            self[page].add(bytes, sizeClass)
        }
    }
}

extension [PageUse] {
    /// Takes the bytes of a chunk away from the pages it lies on.
    mutating func take(from offset: UInt64, _ size: UInt64, pageShift: UInt64) {
        PageUse.forEachPage(from: offset, size, pageShift: pageShift) { page, bytes in
            self[page].take(bytes)
        }
    }
}

extension PageUse {
    fileprivate static func forEachPage(
        from offset: UInt64, _ size: UInt64, pageShift: UInt64, _ body: (Int, UInt32) -> Void
    ) {
        var position = offset
        while position < offset + size {
            let page = position >> pageShift
            let next = Swift.min(offset + size, (page + 1) << pageShift)
            body(Int(page), UInt32(next - position))
            position = next
        }
    }
}

/// Free memory without a gap, as malloc_trim would leave it.
package struct FreeRun: Sendable, Hashable {
    package let address: UInt64
    package let bytes: UInt64
    /// Bytes of it in memory, whole pages only.
    package let resident: UInt64
}

/// Order-free sums that compare what the flags of chunks say with what the bins link.
///
/// The bins are circles of double links through all free chunks of an arena. So the addresses of
/// free chunks and bins, all forward links and all backward links are the same set, and equal sums
/// of well-mixed addresses prove it without following the lists.
struct LinkSums: Sendable, Hashable {
    private(set) var addresses: UInt64 = 0
    private(set) var forward: UInt64 = 0
    private(set) var backward: UInt64 = 0

    @inline(__always)
    mutating func add(_ address: UInt64, forward next: UInt64, backward previous: UInt64) {
        addresses &+= Self.mixed(address)
        forward &+= Self.mixed(next)
        backward &+= Self.mixed(previous)
    }

    mutating func add(_ other: LinkSums) {
        addresses &+= other.addresses
        forward &+= other.forward
        backward &+= other.backward
    }

    var areEqual: Bool { addresses == forward && addresses == backward }

    /// The finalizer of splitmix64: every bit of the address changes half of the result.
    @inline(__always)
    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
