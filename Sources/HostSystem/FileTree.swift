import Diagnostics
import Foundation
package import SystemPackage

/// What lies in a folder, without following any symbolic link.
package enum FileTree {
    /// One file, folder or link.
    package struct Entry: Sendable, Hashable {
        /// What an entry is.
        package enum Kind: Sendable, Hashable {
            case file, folder, link, other
        }

        /// Relative to the folder that was walked, without a leading slash.
        package let path: String
        package let kind: Kind
        /// Bytes; a link's is its target's length.
        package let size: Int64
        /// Whether an earlier entry was the same file under another name.
        package let isFurtherHardLink: Bool
    }

    /// Every entry below a folder, parents first, sorted by the bytes of the path.
    ///
    /// - Throws: `Failure` of kind `environment` when a folder cannot be read.
    package static func entries(below root: FilePath) throws -> [Entry] {
        var found: [(path: String, status: stat)] = []
        var folders = [""]
        while let folder = folders.popLast() {
            let path = folder.isEmpty ? root : root.pushing(FilePath(folder))
            for name in try Files.names(in: path) {
                let relative = folder.isEmpty ? name : "\(folder)/\(name)"
                var status = stat()
                guard lstat(root.string + "/" + relative, &status) == 0 else {
                    // Gone meanwhile: nothing to report.
                    if errno == ENOENT { continue }
                    throw Failure(
                        .environment, "cannot read `\(root)/\(relative)`: \(Errno(rawValue: errno))"
                    )
                }
                found.append((relative, status))
                if status.st_mode & S_IFMT == S_IFDIR { folders.append(relative) }
            }
        }
        found.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        var seen: Set<UInt64> = []
        return found.map { path, status in
            let kind = kind(of: status)
            let isShared = kind == .file && status.st_nlink > 1
            return Entry(
                path: path, kind: kind, size: Int64(status.st_size),
                isFurtherHardLink: isShared && !seen.insert(UInt64(status.st_ino)).inserted)
        }
    }

    /// What a path is itself, a symbolic link at its end not followed; nil for nothing.
    package static func kind(of path: FilePath) -> Entry.Kind? {
        var status = stat()
        return lstat(path.string, &status) == 0 ? kind(of: status) : nil
    }

    /// Whether a path leads to a regular file through folders alone, with no symbolic link.
    package static func isPlainFile(_ relative: String, below root: FilePath) -> Bool {
        var path = root.string
        let parts = relative.split(separator: "/")
        for (index, part) in parts.enumerated() {
            path += "/\(part)"
            var status = stat()
            guard lstat(path, &status) == 0 else { return false }
            let wanted: Entry.Kind = index == parts.count - 1 ? .file : .folder
            guard kind(of: status) == wanted else { return false }
        }
        return !parts.isEmpty
    }

    /// Whether a regular file begins as every ELF object does (elf(5)).
    package static func isELF(_ path: FilePath) -> Bool {
        guard
            let file = try? FileDescriptor.open(
                path, .readOnly, options: [.noFollow, .closeOnExec])
        else { return false }
        defer { try? file.close() }
        var magic: [UInt8] = [0, 0, 0, 0]
        let count = try? magic.withUnsafeMutableBytes { try file.read(into: $0) }
        return count == 4 && magic == [0x7F, 0x45, 0x4C, 0x46]
    }

    private static func kind(of status: stat) -> Entry.Kind {
        switch status.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .folder
        case S_IFLNK: .link
        default: .other
        }
    }
}
