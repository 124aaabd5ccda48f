import Foundation
package import SystemPackage

/// Bytes that files take on disk, a file with several names counted once.
package struct DiskUse: Sendable {
    /// What lies in a tree.
    package struct Sum: Sendable, Hashable {
        /// Files and links; folders are not counted.
        package var files = 0
        /// Bytes on disk, those of folders included.
        package var bytes: Int64 = 0

        package init() {}

        package static func += (sum: inout Sum, other: Sum) {
            sum.files += other.files
            sum.bytes += other.bytes
        }
    }

    private struct Identity: Hashable {
        let device: UInt
        let inode: UInt

        init(_ status: stat) {
            device = UInt(status.st_dev)
            inode = UInt(status.st_ino)
        }
    }

    /// Files and folders that were counted.
    private var counted: Set<Identity> = []
    /// How many names are left of files that lost some.
    private var names: [Identity: Int] = [:]

    package init() {}

    /// Counts a file or a tree; what was counted before, under whatever name, counts no more.
    ///
    /// What cannot be read or is gone meanwhile counts as nothing.
    package mutating func count(_ path: FilePath) -> Sum {
        var sum = Sum()
        Self.walk(path) { status in
            guard counted.insert(Identity(status)).inserted else { return }
            sum.files += status.st_mode & S_IFMT == S_IFDIR ? 0 : 1
            sum.bytes += Self.bytes(status)
        }
        return sum
    }

    /// The bytes that come free when a file or a tree goes, after all that went before: those of a
    /// file with several names only with the last of them.
    package mutating func free(_ path: FilePath) -> Int64 {
        var bytes: Int64 = 0
        Self.walk(path) { status in
            if status.st_mode & S_IFMT != S_IFDIR, status.st_nlink > 1 {
                let identity = Identity(status)
                let left = (names[identity] ?? Int(status.st_nlink)) - 1
                names[identity] = left
                guard left == 0 else { return }
            }
            bytes += Self.bytes(status)
        }
        return bytes
    }

    /// Blocks are of 512 bytes, whatever the file system's own are (inode(7)).
    private static func bytes(_ status: stat) -> Int64 { Int64(status.st_blocks) * 512 }

    /// Everything of a tree, the path itself first, without following links.
    private static func walk(_ path: FilePath, _ body: (stat) -> Void) {
        var status = stat()
        guard lstat(path.string, &status) == 0 else { return }
        body(status)
        var folders = status.st_mode & S_IFMT == S_IFDIR ? [path.string] : []
        while let folder = folders.popLast() {
            guard let stream = opendir(folder) else { continue }
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                    field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard name != ".", name != "..", lstat("\(folder)/\(name)", &status) == 0 else {
                    continue
                }
                body(status)
                if status.st_mode & S_IFMT == S_IFDIR { folders.append("\(folder)/\(name)") }
            }
        }
    }
}
