import Digest
import Execution
package import Foundation
import HostSystem
import Store
import SystemPackage

/// What `cache prune` leaves.
package struct CacheLimits: Sendable, Hashable {
    /// Bytes on disk that may stay; nil for any number.
    package let bytes: Int64?
    /// Results that were not used since then go; nil to keep them whatever their age.
    package let unusedSince: Date?

    package init(bytes: Int64? = nil, unusedSince: Date? = nil) {
        self.bytes = bytes
        self.unusedSince = unusedSince
    }
}

/// Decides what goes: first what nothing refers to, then results by their last use.
struct CachePruner {
    /// A download that nobody went on with for so long is given up, in seconds.
    static let downloadAge: Double = 86_400

    private let store: ArtifactStore
    private let contents: CacheContents
    private let now: Date
    private let stored: Set<SHA256Digest>
    private let roots: Set<SHA256Digest>
    /// Results that still refer to a file or root.
    private var references: [SHA256Digest: Int]
    private var use = DiskUse()
    private(set) var items: [CacheItem] = []
    private var freed: Int64 = 0
    private var goneFiles: Set<SHA256Digest> = []
    private var goneRoots: Set<SHA256Digest> = []
    private var goneResults: Set<SHA256Digest> = []

    init(store: ArtifactStore, contents: CacheContents, now: Date) {
        self.store = store
        self.contents = contents
        self.now = now
        stored = Set(contents.files)
        roots = Set(contents.roots)
        references = contents.references
    }

    /// What goes, in the order in which it is to be removed.
    ///
    /// - Parameters:
    ///   - limits: what may stay.
    ///   - total: bytes on disk of all that could be removed.
    /// - Returns: nothing that a kept result, the lock or a package set refers to.
    /// - Throws: `Failure` of kind `environment` when the home cannot be read.
    mutating func plan(_ limits: CacheLimits, of total: Int64) throws -> [CacheItem] {
        for key in contents.broken { removeBroken(key) }
        let order = EvictionOrder(contents.results).order
        var rest = order[...]
        if let since = limits.unusedSince {
            while let next = rest.first, next.effectiveUse < since {
                evict(next.cached)
                rest.removeFirst()
            }
        }
        removeUnreferenced()
        try removeAbandonedDownloads()
        try removeLogs()
        if let bytes = limits.bytes {
            while total - freed > bytes, let next = rest.popFirst() { evict(next.cached) }
            try removeLogs()
        }
        try removeCompileCaches()
        try removeControlData()
        return items
    }

    private mutating func add(_ kind: CacheItem.Kind, _ name: String, _ paths: [FilePath]) {
        let bytes = paths.reduce(0) { $0 + use.free($1) }
        freed += bytes
        items.append(CacheItem(kind: kind, name: name, paths: paths, bytes: bytes))
    }

    private mutating func removeBroken(_ key: SHA256Digest) {
        let results = ActionResults(store: store)
        let name = results.record(for: key)?.action ?? key.hex
        add(.record, name, [results.path(for: key)])
    }

    /// A result goes with its record first, then what only it referred to.
    private mutating func evict(_ cached: CachedResult) {
        var paths = [ActionResults(store: store).path(for: cached.key)]
        var trees: [SHA256Digest] = []
        goneResults.insert(cached.key)
        for digest in cached.needs.sorted() {
            references[digest, default: 1] -= 1
            guard references[digest] == 0, !contents.pinned.contains(digest) else { continue }
            if stored.contains(digest), goneFiles.insert(digest).inserted {
                paths.append(store.path(of: digest))
            }
            if roots.contains(digest), goneRoots.insert(digest).inserted { trees.append(digest) }
        }
        add(.result, cached.result.action, paths)
        for root in trees { add(.root, root.hex, [store.tree(of: root)]) }
    }

    private mutating func removeUnreferenced() {
        func isNeeded(_ digest: SHA256Digest) -> Bool {
            contents.pinned.contains(digest) || references[digest, default: 0] > 0
        }
        for digest in contents.files where !isNeeded(digest) {
            if goneFiles.insert(digest).inserted {
                add(.file, digest.hex, [store.path(of: digest)])
            }
        }
        for root in contents.roots where !isNeeded(root) {
            if goneRoots.insert(root).inserted { add(.root, root.hex, [store.tree(of: root)]) }
        }
    }

    /// What compilers made in a root is of no use without it.
    private mutating func removeCompileCaches() throws {
        let folder = store.home.compileCache
        guard Files.isDirectory(folder) else { return }
        for name in try Files.names(in: folder) {
            let root = SHA256Digest(hex: name)
            if let root, roots.contains(root), !goneRoots.contains(root) { continue }
            add(.compilers, name, [folder.appending(name)])
        }
    }

    /// The next run would go on with them, if it were to come.
    private mutating func removeAbandonedDownloads() throws {
        let folder = store.home.downloads
        guard Files.isDirectory(folder) else { return }
        for name in try Files.names(in: folder) {
            let path = folder.appending(name)
            let age = now.timeIntervalSince(try Files.modificationDate(of: path))
            let digest = SHA256Digest(hex: String(name.prefix(64)))
            guard age > Self.downloadAge || digest.map(stored.contains) == true else { continue }
            add(.download, name, [path])
        }
    }

    /// Logs of actions that neither have a result any more nor failed.
    private mutating func removeLogs() throws {
        let folder = store.home.logs
        guard Files.isDirectory(folder) else { return }
        let known = Set(items.filter { $0.kind == .log }.map(\.name))
        let results = contents.results.map(\.key).filter { !goneResults.contains($0) }
        let failures = try FailedActions(store: store).all().map(\.record.key)
        let kept = Set((results + failures).map { "\($0.hex.prefix(16)).log" })
        for name in try Files.names(in: folder) where !kept.contains(name) && !known.contains(name)
        {
            add(.log, name, [folder.appending(name)])
        }
    }

    /// Control data is read again from a package that comes back.
    private mutating func removeControlData() throws {
        let folder = store.home.packageControl
        guard Files.isDirectory(folder) else { return }
        for name in try Files.names(in: folder) {
            let digest = SHA256Digest(hex: name)
            if let digest, stored.contains(digest), !goneFiles.contains(digest) { continue }
            add(.record, name, [folder.appending(name)])
        }
    }
}

/// Results in the order in which they go.
///
/// What a result was made from counts as used when that result was: else a build would lose its
/// compiled tree before the packages that were made of it, since it uses that first.
struct EvictionOrder {
    /// A result and the time it counts as used.
    struct Entry {
        let cached: CachedResult
        var effectiveUse: Date
        /// How many results stand between it and the last that was made of it.
        var rank: Int
    }

    /// Least recently used first; of what was used at once, what was made last.
    let order: [Entry]

    init(_ results: [CachedResult]) {
        var consumers: [SHA256Digest: [Int]] = [:]
        for (index, cached) in results.enumerated() {
            for digest in Set((cached.result.inputs ?? [:]).values) {
                consumers[digest, default: []].append(index)
            }
        }
        var entries = [Entry?](repeating: nil, count: results.count)
        func visit(_ index: Int) -> Entry {
            if let known = entries[index] { return known }
            var entry = Entry(cached: results[index], effectiveUse: results[index].used, rank: 0)
            // Found again on the way down: an action whose output is its own input.
            entries[index] = entry
            for output in Set(results[index].result.outputs.values.map(\.sha256)) {
                for consumer in consumers[output] ?? [] where consumer != index {
                    let later = visit(consumer)
                    entry.effectiveUse = max(entry.effectiveUse, later.effectiveUse)
                    entry.rank = max(entry.rank, later.rank + 1)
                }
            }
            entries[index] = entry
            return entry
        }
        order = results.indices.map(visit).sorted {
            ($0.effectiveUse, $0.rank, $0.cached.result.action, $0.cached.key)
                < ($1.effectiveUse, $1.rank, $1.cached.result.action, $1.cached.key)
        }
    }
}
