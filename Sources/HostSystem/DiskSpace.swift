package import Diagnostics
import Foundation
package import SystemPackage

/// Room on disk: how much is taken, and what to say when there is none.
package enum DiskSpace {
    /// Below this many free bytes a disk counts as full: programs leave the last blocks unused.
    private static let nothing: Int64 = 1_000_000

    /// How programs say that the disk is full: `strerror(ENOSPC)` and `EDQUOT`, and apt's own words.
    private static let complaints = [
        "No space left on device", "Disk quota exceeded", "enough free space",
    ]

    /// Bytes that a tree's files take on disk, without following links; what cannot be read or is
    /// gone meanwhile counts as nothing.
    package static func used(by root: FilePath) -> Int64 {
        var bytes: Int64 = 0
        var folders = [root.string]
        while let folder = folders.popLast() {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
                var status = stat()
                guard lstat("\(folder)/\(name)", &status) == 0 else { continue }
                // Blocks of 512 bytes, whatever the file system's own are (inode(7)).
                bytes += Int64(status.st_blocks) * 512
                if status.st_mode & S_IFMT == S_IFDIR { folders.append("\(folder)/\(name)") }
            }
        }
        return bytes
    }

    /// Stops before work that cannot be finished.
    ///
    /// - Parameters:
    ///   - bytes: what will be written.
    ///   - path: a folder on the file system that it is written to.
    ///   - purpose: what it is for: `to download the packages of the bookworm roots`.
    /// - Throws: `Failure` of kind `environment` when there is less room.
    package static func require(_ bytes: Int64, at path: FilePath, purpose: String) throws {
        let free = try Files.freeBytes(at: path)
        guard free < bytes else { return }
        throw full(at: path, free: free, needed: "\(size(bytes)) needed \(purpose)")
    }

    /// The failure that says that a disk is full.
    package static func full(
        at path: FilePath, free: Int64, needed: String, details: [String] = []
    ) -> Failure {
        Failure(
            .environment, "the disk of `\(path)` is full: \(size(free)) free, and \(needed)",
            details: details, hint: "free some disk space; what was finished is kept and reused")
    }

    /// The same error, or that the disk is full where that is behind it.
    ///
    /// It has to be asked before half-written files are removed, which makes room again.
    package static func explaining(_ error: any Error, at path: FilePath) -> any Error {
        guard let failure = error as? Failure, !failure.message.hasPrefix("the disk of "),
            failure.kind == .environment || failure.kind == .failed
        else { return error }
        // A build prints what it likes, so its words prove nothing.
        let said =
            failure.kind == .environment
            && ([failure.message] + failure.details).contains { line in
                complaints.contains { line.contains($0) }
            }
        let free = (try? Files.freeBytes(at: path)) ?? .max
        let files = (try? Files.freeFiles(at: path)) ?? nil
        guard said || free < nothing || files == 0 else { return error }
        return full(
            at: path, free: free, needed: "more needed to go on",
            details: [failure.message] + failure.details)
    }

    /// A number of bytes for people.
    package static func size(_ bytes: Int64) -> String {
        switch bytes {
        case ..<1_000_000: "\(bytes / 1000) kB"
        case ..<1_000_000_000: "\(bytes / 1_000_000) MB"
        default: "\((Double(bytes) / 1e8).rounded() / 10) GB"
        }
    }
}
