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
        for name in try Files.names(in: "/proc/self/fd") {
            guard let number = CInt(name),
                let target = try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "/proc/self/fd/\(name)"), FilePath(target) == path
            else { continue }
            return try FileDescriptor(rawValue: number).duplicate()
        }
        return nil
    }
}
