import Diagnostics
import HostSystem
package import Lock
package import SystemPackage

/// The lock of a project on disk.
package enum LockFile {
    /// Bytes; a lock of many suites has some hundred KiB.
    private static let sizeLimit: Int64 = 16 << 20

    /// The lock of a project; nil when it has none.
    ///
    /// - Throws: `Failure` of kind `integrity` for one that is not as Lapidary wrote it, `usage` for
    ///   one that is no plain file.
    package static func read(of project: FilePath) throws -> ProjectLock? {
        let file = project.appending(ProjectLock.path)
        guard FileTree.kind(of: file) != nil else { return nil }
        return try read(file, name: ProjectLock.path)
    }

    /// A lock at any place.
    ///
    /// - Parameters:
    ///   - file: the lock.
    ///   - name: what to call it in messages.
    /// - Returns: the lock.
    /// - Throws: `Failure` of kind `integrity` for one that is not as Lapidary wrote it, `usage` for
    ///   one that is no plain file.
    package static func read(_ file: FilePath, name: String) throws -> ProjectLock {
        guard let kind = FileTree.kind(of: file) else {
            throw Failure(.usage, "there is no lock `\(name)`")
        }
        guard kind == .file else {
            throw Failure(.usage, "`\(name)` is no plain file")
        }
        guard try Files.size(of: file) <= sizeLimit else {
            throw Failure(.integrity, "`\(name)` is larger than 16 MiB, and so no lock")
        }
        guard let text = String(validating: try Files.readBytes(file), as: UTF8.self) else {
            throw Failure(.integrity, "`\(name)` is not UTF-8 text, and so no lock")
        }
        return try ProjectLock.parse(text, file: name)
    }

    /// Puts a lock in the place of the old one, whole or not at all.
    static func write(_ lock: ProjectLock, of project: FilePath) throws {
        try Files.write(lock.text, to: project.appending(ProjectLock.path))
    }

    /// What is said where a lock is needed and there is none.
    static var missing: Failure {
        Failure(
            .integrity, "the project has no `\(ProjectLock.path)`",
            hint: "make it with `lapidary pin update SELECTION`, and commit it")
    }
}
