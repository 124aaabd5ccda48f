import Diagnostics
package import Digest
import HostSystem
import Lock
import Recipe
import Store
import SystemPackage

/// A file that the lock names.
package struct PinnedFile: Sendable, Hashable {
    package let name: String
    package let sha256: SHA256Digest
    /// Bytes.
    package let size: Int64
    /// Whether the home has it.
    package let isStored: Bool
    /// Where it is in a home that has it, relative to the home.
    package let place: String
}

/// Lists what a lock needs: the job behind `pin files`.
package struct PinnedFiles: Sendable {
    private let context: Context

    package init(context: Context) {
        self.context = context
    }

    /// Every file of the lock, each once: sources, then Debian packages in the lock's order.
    ///
    /// - Throws: `Failure` of kind `integrity` without a lock, or for one that was edited.
    package func list() throws -> [PinnedFile] {
        guard let lock = try LockFile.read(of: context.project) else { throw LockFile.missing }
        let all =
            lock.releases.map { ($0.source.fileName, $0.source.sha256, $0.source.size) }
            + lock.packages.map { ($0.member.fileName, $0.member.sha256, $0.member.size) }
        var seen: Set<SHA256Digest> = []
        return all.filter { seen.insert($0.1).inserted }.map { name, sha256, size in
            let path = context.store.path(of: sha256)
            return PinnedFile(
                name: name, sha256: sha256, size: size, isStored: context.store.contains(sha256),
                place: String(path.string.dropFirst(context.home.path.string.count + 1)))
        }
    }
}
