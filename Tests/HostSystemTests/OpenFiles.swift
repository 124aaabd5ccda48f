import Foundation
import HostSystem
import SystemPackage

/// The files this process holds open.
enum OpenFiles {
    /// - Parameter path: a file or folder that this process has open.
    /// - Returns: a second descriptor of the same opening, as a forked child has one; nil when the
    ///   file is not open.
    /// - Throws: when /proc cannot be read or the descriptor cannot be copied.
    static func copy(of path: FilePath) throws -> FileDescriptor? {
        var wanted = stat()
        guard stat(path.string, &wanted) == 0 else { throw Errno(rawValue: errno) }
        for name in try Files.names(in: "/proc/self/fd") {
            // By its number: the path may lead over a symbolic link.
            var open = stat()
            guard let number = CInt(name), fstat(number, &open) == 0,
                open.st_dev == wanted.st_dev, open.st_ino == wanted.st_ino
            else { continue }
            return try FileDescriptor(rawValue: number).duplicate()
        }
        return nil
    }
}
