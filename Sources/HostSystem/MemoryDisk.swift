import CLinux
import Foundation
import Synchronization
package import SystemPackage

/// Mounts that this process and its children alone see.
package enum OwnMounts {
    private static let begun = Mutex(false)

    /// Whether this process has them.
    package static var areThere: Bool { begun.withLock { $0 } }

    /// Takes them from now on, where this process may: root, with CAP_SYS_ADMIN.
    ///
    /// A thread that ran before would go on with the mounts of all others (unshare(2)), so this is
    /// for the very beginning of a process, and does nothing where it comes too late.
    package static func begin() {
        guard Privileges.current == .root,
            (try? Files.names(in: "/proc/self/task"))?.count == 1,
            clinux_own_mounts() == 0
        else { return }
        begun.withLock { $0 = true }
    }
}

/// A file system in memory (tmpfs(5)) to build in, where there is plenty of it.
///
/// Only this process and its children see it, and it goes with the last of them, however they end.
/// Compiling writes some hundred megabytes that are read once and thrown away; on disk each of
/// them costs the kernel several times what it costs here.
package final class MemoryDisk: Sendable {
    package let path: FilePath
    /// Bytes, at most.
    private let size: Int64
    /// Bytes that one folder is taken to need, and bytes of memory that stay for programs.
    private let share: Int64
    private let reserve: Int64
    private let available: @Sendable () -> Int64
    /// How many folders there are.
    private let count = Mutex(0)

    /// - Parameters:
    ///   - path: where it is mounted.
    ///   - size: how many bytes it can hold.
    ///   - share: bytes that one folder is taken to need: twice what a build of Ruby 3.4 leaves.
    ///   - reserve: bytes of memory that stay for programs.
    ///   - available: bytes of memory that programs can have.
    package init(
        on path: FilePath, size: Int64, share: Int64 = 2_000_000_000,
        reserve: Int64 = 4_000_000_000,
        available: @escaping @Sendable () -> Int64 = { AvailableMemory.bytes() }
    ) {
        self.path = path
        self.size = size
        self.share = share
        self.reserve = reserve
        self.available = available
    }

    /// Mounts one of half the machine's memory, which is taken as files are written.
    ///
    /// - Parameter path: where it is to be seen; nothing is there yet.
    /// - Returns: nil where this process has no mounts of its own.
    package static func mount(at path: FilePath) -> MemoryDisk? {
        let size = Int64(ProcessInfo.processInfo.physicalMemory / 2)
        guard OwnMounts.areThere, (try? Files.createDirectory(path)) != nil,
            clinux_mount_memory(path.string, "size=\(size),mode=0700") == 0
        else { return nil }
        return MemoryDisk(on: path, size: size)
    }

    /// Bytes that can still be written to it.
    package var free: Int64 { (try? Files.freeBytes(at: path)) ?? 0 }

    /// Makes a folder.
    ///
    /// - Returns: nil while memory is needed for other things.
    package func makeFolder() -> FilePath? {
        count.withLock { count in
            // What others were promised and have not written yet is as good as taken.
            let free = free
            let needed = share + max(0, share * Int64(count) - (size - free))
            guard free >= needed, available() - reserve >= needed else { return nil }
            var random = SystemRandomNumberGenerator()
            let folder = path.appending(String(random.next() as UInt64, radix: 36))
            guard (try? Files.createDirectory(folder)) != nil else { return nil }
            count += 1
            return folder
        }
    }

    /// Removes a folder that `makeFolder` made.
    package func remove(_ folder: FilePath) {
        try? Files.remove(folder)
        count.withLock { $0 -= 1 }
    }

    /// Gives all memory back; nobody may use it any more.
    package func unmount() {
        _ = clinux_unmount(path.string)
        try? Files.remove(path)
    }
}
