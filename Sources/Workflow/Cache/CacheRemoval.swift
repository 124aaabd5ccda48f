import Diagnostics
import Digest
import Foundation
import HostSystem
import Store
import SystemPackage

/// One thing that `cache prune` or `cache clean` removes.
package struct CacheItem: Sendable, Hashable {
    /// What it is.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case result, file, root, compilers, log, failure, download, record, other
    }

    package let kind: Kind
    /// The words of an action, or a file's name.
    package let name: String
    /// In the order in which they go: who is killed in between leaves nothing that looks whole.
    let paths: [FilePath]
    /// How many files or folders it stands for.
    package var count = 1
    /// Bytes on disk that come free.
    package let bytes: Int64
}

/// What was removed, or would be.
package struct CacheRemoval: Sendable, Hashable {
    package let items: [CacheItem]
    /// What stays because somebody is inside of it with `lapidary shell`.
    package let inUse: [CacheItem]
    /// Bytes on disk of all that could still be removed.
    package let left: Int64

    /// Bytes on disk that came free, or would.
    package var freed: Int64 { items.reduce(0) { $0 + $1.bytes } }

    static let nothing = CacheRemoval(items: [], inUse: [], left: 0)
}

/// Removes things from a home; only for who holds its lock.
struct CacheRemover: Sendable {
    let home: Home

    /// Removes what can be removed.
    ///
    /// - Parameters:
    ///   - items: what to remove.
    ///   - total: bytes on disk of all that could be removed before.
    /// - Returns: what is gone, and what somebody uses.
    /// - Throws: `Failure` of kind `environment` when something cannot be removed.
    func remove(_ items: [CacheItem], of total: Int64) async throws -> CacheRemoval {
        var gone: [CacheItem] = []
        var inUse: [CacheItem] = []
        for item in items {
            try Task.checkCancellation()
            var isGone = true
            for path in item.paths where isGone { isGone = try await remove(path) }
            if isGone { gone.append(item) } else { inUse.append(item) }
        }
        let freed = gone.reduce(0) { $0 + $1.bytes }
        return CacheRemoval(items: gone, inUse: inUse, left: total - freed)
    }

    /// A folder is renamed into the temporary folder first, which the next run empties.
    private func remove(_ path: FilePath) async throws -> Bool {
        guard Files.isDirectory(path) else {
            try Files.remove(path)
            return true
        }
        guard let doomed = try FolderUse.takeUnlessUsed(path, into: home.temporary) else {
            return false
        }
        try await Files.removeTree(doomed)
        return true
    }
}
