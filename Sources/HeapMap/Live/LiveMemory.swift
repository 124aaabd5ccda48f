import CLinux
import Foundation
import SystemPackage

/// The memory of a process, by process_vm_readv(2) and /proc/PID/pagemap.
final class LiveMemory: MemoryReader {
    let pageSize = UInt64(getpagesize())
    private let process: Int32
    private let pagemap: FileDescriptor

    /// The most pieces one call takes (IOV_MAX of limits.h).
    private static let pieces = 1024

    /// - Throws: `Errno` when the page table of the process is closed to us.
    init(_ files: ProcessFiles) throws(Errno) {
        process = files.process
        pagemap = try files.open("pagemap")
    }

    deinit { try? pagemap.close() }

    func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer)
        throws(MapUnavailable)
    {
        var done = 0
        while done < buffer.count {
            let count = clinux_read_memory(
                process, address + UInt64(done), buffer.baseAddress.map { $0 + done },
                buffer.count - done)
            guard count > 0 else { throw unreadable(address) }
            done += count
        }
    }

    func gather(
        _ addresses: ArraySlice<UInt64>, each size: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws(MapUnavailable) {
        var first = addresses.startIndex
        while first < addresses.endIndex {
            let last = min(first + Self.pieces, addresses.endIndex)
            let part = addresses[first..<last]
            let offset = (first - addresses.startIndex) * size
            let count = part.withUnsafeBufferPointer { part in
                clinux_gather_memory(
                    process, part.baseAddress, part.count, size,
                    buffer.baseAddress.map { $0 + offset })
            }
            guard count == part.count * size else { throw unreadable(part[first]) }
            first = last
        }
    }

    func pages(_ range: Range<UInt64>) throws(MapUnavailable) -> PageStates {
        let count = Int((range.upperBound - range.lowerBound) / pageSize)
        var entries = [UInt64](repeating: 0, count: count)
        let read = entries.withUnsafeMutableBytes { buffer -> Int in
            var done = 0
            while done < buffer.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                let offset = Int64(range.lowerBound / pageSize) * 8 + Int64(done)
                guard let more = try? pagemap.read(fromAbsoluteOffset: offset, into: rest),
                    more > 0
                else { break }
                done += more
            }
            return done
        }
        guard read == count * 8 else {
            throw MapUnavailable("the page table of the process cannot be read", mayPass: true)
        }
        return PageStates(entries: entries, start: range.lowerBound, pageSize: pageSize)
    }

    private func unreadable(_ address: UInt64) -> MapUnavailable {
        let reason = Errno(rawValue: errno)
        return MapUnavailable(
            "the memory at \(address.hex) cannot be read: \(reason)",
            mayPass: reason != .notPermitted)
    }
}
