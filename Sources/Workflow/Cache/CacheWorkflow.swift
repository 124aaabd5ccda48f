import Diagnostics
import Digest
import Execution
import Foundation
import HostSystem
import Lock
import Store
package import SystemPackage

/// Looks after what a home keeps: the job behind `cache size`, `prune` and `clean`.
package struct CacheWorkflow: Sendable {
    private let context: Context
    /// The project that the command is run in, whose lock is respected.
    private let project: FilePath?

    /// - Parameters:
    ///   - context: the home, and how to wait for others.
    ///   - project: the project the command is run in; nil outside of any.
    package init(context: Context, project: FilePath?) {
        self.context = context
        self.project = project
    }

    /// What lies in the home, by kind.
    ///
    /// - Throws: `Failure` of kind `environment` when the home cannot be read, `integrity` for a
    ///   lock that was edited.
    package func size() throws -> CacheSize {
        try CacheSize(of: context.store, CacheContents(of: context.store, lock: lock()))
    }

    /// Removes what nothing refers to, and then results, the least recently used first, until the
    /// limits hold.
    ///
    /// - Parameters:
    ///   - limits: what may stay.
    ///   - isDryRun: whether it is only told what would go; the home's lock is not needed then.
    /// - Returns: what went.
    /// - Throws: `Failure` of kind `environment` when the home cannot be read or changed,
    ///   `integrity` for a lock that was edited.
    package func prune(_ limits: CacheLimits, isDryRun: Bool) async throws -> CacheRemoval {
        let lock = try lock()
        return try await removing("lapidary cache prune", lock, isDryRun: isDryRun) {
            contents, total in
            var pruner = CachePruner(
                store: context.store, contents: contents, now: context.now())
            return try pruner.plan(limits, of: total)
        }
    }

    /// Removes everything that can be made or fetched again; keys, repository and the packages
    /// under their names stay.
    ///
    /// - Parameter isDryRun: whether it is only told what would go.
    /// - Returns: what went.
    /// - Throws: `Failure` of kind `environment` when the home cannot be read or changed.
    package func clean(isDryRun: Bool) async throws -> CacheRemoval {
        try await removing("lapidary cache clean", nil, isDryRun: isDryRun) { _, _ in
            try everything()
        }
    }

    private func lock() throws -> ProjectLock? {
        try project.flatMap { try LockFile.read(of: $0) }
    }

    private func removing(
        _ holder: String, _ lock: ProjectLock?, isDryRun: Bool,
        _ plan: (CacheContents, _ total: Int64) throws -> [CacheItem]
    ) async throws -> CacheRemoval {
        guard Files.isDirectory(context.home.path) else { return .nothing }
        func planned() throws -> (items: [CacheItem], total: Int64) {
            let contents = try CacheContents(of: context.store, lock: lock)
            let total = try CacheSize(of: context.store, contents).removable
            return (try plan(contents, total), total)
        }
        if isDryRun {
            let (items, total) = try planned()
            let freed = items.reduce(0) { $0 + $1.bytes }
            return CacheRemoval(items: items, inUse: [], left: total - freed)
        }
        return try await context.exclusively(holder) {
            let (items, total) = try planned()
            return try await CacheRemover(home: context.home).remove(items, of: total)
        }
    }

    /// Records go before what they refer to, so that a half-cleaned home claims nothing it has not.
    private func everything() throws -> [CacheItem] {
        let home = context.home
        var use = DiskUse()
        var items: [CacheItem] = []
        func add(_ kind: CacheItem.Kind, _ folder: FilePath) throws {
            guard Files.isDirectory(folder) else { return }
            for name in try Files.names(in: folder) {
                let path = folder.appending(name)
                var all = DiskUse()
                let isWhole = kind == .root || kind == .failure || kind == .compilers
                let count = isWhole ? 1 : all.count(path).files
                // A workspace that somebody is inside of keeps its record too.
                let workspace = FailedActions.workspace(in: path)
                let hasWorkspace = kind == .failure && Files.isDirectory(workspace)
                items.append(
                    CacheItem(
                        kind: kind, name: name, paths: (hasWorkspace ? [workspace] : []) + [path],
                        count: count, bytes: use.free(path)))
            }
        }
        try add(.result, home.results)
        try add(.record, home.packageSets)
        try add(.failure, home.failures)
        try add(.root, home.roots)
        try add(.file, home.blobs)
        try add(.compilers, home.compileCache)
        try add(.log, home.logs)
        try add(.download, home.downloads)
        try add(.other, home.rebuilt)
        return items
    }
}
