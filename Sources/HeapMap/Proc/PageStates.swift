/// What the page table says of a run of pages: /proc/PID/pagemap, one 64-bit entry a page
/// (Documentation/admin-guide/mm/pagemap.rst of the kernel).
package struct PageStates: Sendable, Hashable {
    /// The address of the first page.
    package let start: UInt64
    /// Bytes of a page.
    package let pageSize: UInt64
    /// One byte a page: bit 0 in memory, bit 1 swapped out.
    private(set) var flags: [UInt8]

    private static let inMemory: UInt8 = 1
    private static let swapped: UInt8 = 2

    /// - Parameters:
    ///   - entries: the words of pagemap: bit 63 present, bit 62 swapped, bit 58 a guard region
    ///     (MADV_GUARD_INSTALL of madvise(2)), which looks swapped and cannot be read.
    ///   - start: the address of the first page.
    ///   - pageSize: bytes of a page.
    package init(entries: some Collection<UInt64>, start: UInt64, pageSize: UInt64) {
        self.start = start
        self.pageSize = pageSize
        flags = entries.map { entry in
            let isGuard = entry >> 58 & 1 != 0
            return isGuard ? 0 : UInt8(truncatingIfNeeded: entry >> 63 | (entry >> 61 & 2))
        }
    }

    package var count: Int { flags.count }
    package var end: UInt64 { start + UInt64(flags.count) * pageSize }

    package func isInMemory(_ page: Int) -> Bool { flags[page] & Self.inMemory != 0 }

    /// Whether reading an address gives what the process wrote there.
    func isReadable(_ address: UInt64) -> Bool {
        guard address >= start, address < end else { return false }
        return flags[Int((address - start) / pageSize)] != 0
    }

    /// Where the readable bytes that begin at an address end, at most at a limit; the address
    /// itself when its page holds nothing.
    func readableEnd(from address: UInt64, limit: UInt64) -> UInt64 {
        let limit = Swift.min(limit, end)
        guard address >= start, address < limit else { return address }
        var page = Int((address - start) / pageSize)
        var reached = address
        while reached < limit, flags[page] != 0 {
            page += 1
            reached = start + UInt64(page) * pageSize
        }
        return Swift.min(reached, limit)
    }

    /// Bytes in memory of the whole pages between two addresses.
    func residentBytes(from: UInt64, to: UInt64) -> UInt64 {
        count(Self.inMemory, from: from, to: to)
    }

    /// Bytes swapped out of the whole pages between two addresses.
    func swappedBytes(from: UInt64, to: UInt64) -> UInt64 {
        count(Self.swapped, from: from, to: to)
    }

    private func count(_ flag: UInt8, from: UInt64, to: UInt64) -> UInt64 {
        let first = max(from, start).alignedUp(to: pageSize)
        let last = Swift.min(to, end).alignedDown(to: pageSize)
        guard first < last else { return 0 }
        let range = Int((first - start) / pageSize)..<Int((last - start) / pageSize)
        return flags.withUnsafeBufferPointer { flags in
            var pages: UInt64 = 0
            for index in range where flags[index] & flag != 0 { pages += 1 }
            return pages * pageSize
        }
    }
}
