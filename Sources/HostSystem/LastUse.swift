import Diagnostics
package import Foundation
package import SystemPackage

/// When a file was last used, as its own access time says.
///
/// It is set by whoever uses the file, so that mounts with `noatime` and `relatime` do equally. A
/// plain read would set it too on most mounts, and make all that is listed look used; `read` leaves
/// no trace.
package enum LastUse {
    /// Says that a file is used; its modification time stays.
    ///
    /// One that is not there, or belongs to somebody else, is left alone, since nothing but an order
    /// of removal depends on it.
    ///
    /// - Parameters:
    ///   - path: the file; a symbolic link is not followed.
    ///   - date: when it was used; nil for now, by the kernel's clock.
    package static func note(_ path: FilePath, at date: Date? = nil) {
        let omitted = timespec(tv_sec: 0, tv_nsec: 0x3FFF_FFFE)  // UTIME_OMIT of utimensat(2)
        var used = timespec(tv_sec: 0, tv_nsec: 0x3FFF_FFFF)  // UTIME_NOW
        if let seconds = date?.timeIntervalSince1970 {
            used.tv_sec = Int(seconds.rounded(.down))
            used.tv_nsec = Int((seconds - seconds.rounded(.down)) * 1e9)
        }
        _ = utimensat(AT_FDCWD, path.string, [used, omitted], AT_SYMLINK_NOFOLLOW)
    }

    /// When a file was last used.
    ///
    /// - Throws: `Failure` of kind `environment` when it cannot be looked at.
    package static func date(of path: FilePath) throws -> Date {
        var status = stat()
        guard lstat(path.string, &status) == 0 else {
            throw Failure(
                .environment, "cannot read the date of `\(path)`: \(Errno(rawValue: errno))")
        }
        let time = status.st_atim
        return Date(timeIntervalSince1970: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
    }

    /// Reads a file without setting its access time, where it is this user's own.
    ///
    /// - Throws: `Failure` of kind `environment` when it cannot be read.
    package static func read(_ path: FilePath) throws -> [UInt8] {
        // O_NOATIME of open(2): the same bit on every architecture that Lapidary builds for.
        let withoutTrace = FileDescriptor.OpenOptions(rawValue: 0o1_000_000)
        do {
            // The kernel refuses O_NOATIME for files of others (open(2)).
            let file =
                try
                (try? FileDescriptor.open(
                    path, .readOnly, options: [.closeOnExec, withoutTrace]))
                ?? FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            return try file.closeAfter {
                var bytes: [UInt8] = []
                let chunk = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: 1 << 16, alignment: 16)
                defer { chunk.deallocate() }
                while true {
                    let count = try file.read(into: chunk)
                    if count == 0 { return bytes }
                    bytes += chunk[..<count]
                }
            }
        } catch let error as Errno {
            throw Failure(.environment, "cannot read `\(path)`: \(error)")
        }
    }
}
