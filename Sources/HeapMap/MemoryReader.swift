/// Why a heap cannot be drawn; said instead of a guess.
package struct MapUnavailable: Error, Sendable, Hashable {
    /// A sentence without a full stop.
    package let reason: String
    /// Whether the process may have been caught in the middle of malloc or free, so that another
    /// look can succeed.
    package let mayPass: Bool

    package init(_ reason: String, mayPass: Bool = false) {
        self.reason = reason
        self.mayPass = mayPass
    }
}

/// The memory of a process that does not run meanwhile.
///
/// Pages that hold nothing must not be read: the kernel would map its zero page there, and every
/// later look at the page table would call them resident. `pages` says which may be.
package protocol MemoryReader {
    /// Bytes of a page, a power of two.
    var pageSize: UInt64 { get }

    /// Fills a buffer from an address on: every byte of it, or it throws.
    func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer)
        throws(MapUnavailable)

    /// Reads pieces of one size, packed one after the other into the buffer.
    func gather(
        _ addresses: ArraySlice<UInt64>, each size: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws(MapUnavailable)

    /// The state of every page of a range that begins and ends at a page.
    func pages(_ range: Range<UInt64>) throws(MapUnavailable) -> PageStates
}

extension MemoryReader {
    /// Little-endian 64-bit words from an address on.
    func words(_ address: UInt64, _ count: Int) throws(MapUnavailable) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: count)
        try Self.fill(&words) { (buffer) throws(MapUnavailable) in
            try read(address, into: buffer)
        }
        return words
    }

    /// `count` words at each address, packed one after the other.
    func words(at addresses: [UInt64], each count: Int) throws(MapUnavailable) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: addresses.count * count)
        try Self.fill(&words) { (buffer) throws(MapUnavailable) in
            try gather(addresses[...], each: count * 8, into: buffer)
        }
        return words
    }

    private static func fill(
        _ words: inout [UInt64],
        _ body: (UnsafeMutableRawBufferPointer) throws(MapUnavailable) -> Void
    ) throws(MapUnavailable) {
        let result = words.withUnsafeMutableBytes { buffer in
            Result<Void, MapUnavailable> { () throws(MapUnavailable) in try body(buffer) }
        }
        try result.get()
    }
}

extension UInt64 {
    /// The next multiple of a power of two, this number itself included.
    func alignedUp(to unit: UInt64) -> UInt64 { (self &+ unit &- 1) & ~(unit &- 1) }
    func alignedDown(to unit: UInt64) -> UInt64 { self & ~(unit &- 1) }
    /// As people write addresses.
    var hex: String { "0x" + String(self, radix: 16) }
}
