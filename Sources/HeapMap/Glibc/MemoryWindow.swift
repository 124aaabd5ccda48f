/// A part of one extent's memory in a buffer that slides along it.
///
/// Chunks tell where the next one is, so memory is read in order: in large pieces where chunks are
/// small, and a page at a time where they are larger than a piece.
struct MemoryWindow<Reader: MemoryReader> {
    private let reader: Reader
    private let pages: PageStates
    private let limit: UInt64
    private let memory: UnsafeMutableRawBufferPointer
    private var start: UInt64 = 0
    private var end: UInt64 = 0
    private var piece: UInt64

    /// - Parameters:
    ///   - reader: the process's memory.
    ///   - extent: what is read.
    ///   - memory: the buffer; its size is the largest piece.
    init(_ reader: Reader, _ extent: HeapExtent, buffer memory: UnsafeMutableRawBufferPointer) {
        self.reader = reader
        pages = extent.pages
        limit = extent.range.upperBound
        self.memory = memory
        piece = 16 << 10
    }

    /// A pointer to `size` bytes at an address, valid until the next call.
    @inline(__always)
    mutating func pointer(_ address: UInt64, _ size: UInt64) throws(MapUnavailable)
        -> UnsafeRawPointer
    {
        if address < start || address &+ size > end { try slide(to: address, size) }
        // The buffer is not empty, so it has an address.
        return UnsafeRawPointer(memory.baseAddress.unsafelyUnwrapped)
            + Int(truncatingIfNeeded: address &- start)
    }

    @inline(never)
    private mutating func slide(to address: UInt64, _ size: UInt64) throws(MapUnavailable) {
        let isNear = address <= end &+ piece && address >= start
        piece =
            isNear ? min(piece * 2, UInt64(memory.count)) : max(piece / 4, pages.pageSize)
        let wanted = min(max(address + size, (address + piece).alignedDown(to: 4096)), limit)
        let reached = pages.readableEnd(from: address, limit: wanted)
        guard reached >= address + size else {
            throw MapUnavailable(
                "a chunk's header at \(address.hex) lies where there is no memory", mayPass: true)
        }
        // Nothing is in the window should the read fail.
        (start, end) = (address, address)
        try reader.read(
            address,
            into: UnsafeMutableRawBufferPointer(rebasing: memory[0..<Int(reached - address)]))
        end = reached
    }
}
