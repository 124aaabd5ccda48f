import Diagnostics
import Foundation
package import SystemPackage

/// Marks a folder as being in use, by flock(2) on the folder itself; the kernel takes the mark away
/// when the process ends.
package enum FolderUse {
    /// Runs a body while no other process removes the folder by `removeUnlessUsed`.
    ///
    /// - Parameters:
    ///   - folder: the folder; others may use it at the same time.
    ///   - body: what needs the folder.
    /// - Returns: what the body returns, or nil when the folder is gone or going.
    /// - Throws: what the body throws.
    package static func with<Value>(_ folder: FilePath, _ body: () async throws -> Value)
        async throws -> Value?
    {
        guard let descriptor = open(folder) else { return nil }
        defer { try? descriptor.close() }
        // The folder may have been removed between being opened and being marked.
        guard flock(descriptor.rawValue, LOCK_SH | LOCK_NB) == 0, Files.isDirectory(folder) else {
            return nil
        }
        // As in FileLock: a child just forked may hold a copy of the descriptor.
        defer { flock(descriptor.rawValue, LOCK_UN) }
        return try await body()
    }

    /// Removes a folder that nobody uses.
    ///
    /// - Parameters:
    ///   - folder: what to remove; nothing there is not an error.
    ///   - trash: a folder on the same file system. The folder is renamed into it first, so that
    ///     a process killed in the middle leaves nothing that looks whole.
    /// - Returns: whether the folder is gone.
    /// - Throws: `Failure` of kind `environment` when it cannot be renamed or removed.
    @discardableResult
    package static func removeUnlessUsed(_ folder: FilePath, by trash: FilePath) throws -> Bool {
        guard Files.isDirectory(folder) else { return true }
        guard let doomed = try takeUnlessUsed(folder, into: trash) else { return false }
        try Files.remove(doomed)
        return true
    }

    /// Renames a folder that nobody uses; from then on nobody can find it.
    ///
    /// - Parameters:
    ///   - folder: what to take.
    ///   - trash: a folder on the same file system, which receives it under a name of its own.
    /// - Returns: where it is now; nil when somebody uses it.
    /// - Throws: `Failure` of kind `environment` when it cannot be renamed.
    package static func takeUnlessUsed(_ folder: FilePath, into trash: FilePath) throws -> FilePath?
    {
        let descriptor = open(folder)
        defer { try? descriptor?.close() }
        if let descriptor, flock(descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 { return nil }
        var random = SystemRandomNumberGenerator()
        let doomed = trash.appending("removed-\(String(random.next() as UInt64, radix: 36))")
        try Files.move(folder, to: doomed)
        return doomed
    }

    private static func open(_ folder: FilePath) -> FileDescriptor? {
        try? FileDescriptor.open(folder, .readOnly, options: [.directory, .closeOnExec])
    }
}
