import Diagnostics
import Digest
import Execution
import Foundation
import HostSystem
import Lock
import Recipe
import Sandbox
import Store
import SystemPackage

/// A result that a build could use.
struct CachedResult: Sendable {
    let key: SHA256Digest
    let result: ActionResult
    /// When it was last used, or else made.
    let used: Date

    /// Every file and root that it refers to.
    var needs: Set<SHA256Digest> {
        Set(result.outputs.values.map(\.sha256)).union((result.inputs ?? [:]).values)
            .union(result.packages ?? [])
    }
}

/// What is kept in a home, and what refers to what.
struct CacheContents: Sendable {
    let results: [CachedResult]
    /// Records that no build can use: unreadable ones, and those whose outputs are gone.
    let broken: [SHA256Digest]
    let files: [SHA256Digest]
    let roots: [SHA256Digest]
    /// What is needed whatever results are kept: the project's lock, the package sets that were
    /// resolved, and the roots of sandboxes that are kept as they failed.
    let pinned: Set<SHA256Digest>
    /// Files that are known to be Debian packages.
    let packages: Set<SHA256Digest>
    /// Files that are known to be sources of releases.
    let sources: Set<SHA256Digest>

    /// - Parameters:
    ///   - store: the home's.
    ///   - lock: that of the project the command is run in.
    /// - Throws: `Failure` of kind `environment` when the home cannot be read.
    init(of store: ArtifactStore, lock: ProjectLock?) throws {
        let records = ActionResults(store: store)
        var results: [CachedResult] = []
        var broken: [SHA256Digest] = []
        for key in try records.keys() {
            if let result = records.result(for: key), let used = try? records.lastUse(of: key) {
                results.append(CachedResult(key: key, result: result, used: used))
            } else {
                broken.append(key)
            }
        }
        self.results = results
        self.broken = broken
        files = try store.files()
        roots = try store.roots()

        let described = try Self.describedPackages(in: store.home)
        let resolved = Set(try PackageSetRecord.all(in: store.home).flatMap(\.members))
        let locked = Set((lock?.packages ?? []).map(\.member.sha256))
        let fetched = results.filter { $0.result.action.hasPrefix("fetch ") }
            .flatMap { $0.result.outputs.values.map(\.sha256) }
        let sources = Set((lock?.releases ?? []).map(\.source.sha256))
        var pinned = resolved.union(locked).union(sources)
        pinned.formUnion(try Self.failedRoots(in: store))
        if results.contains(where: Self.hidesPackages) { pinned.formUnion(described) }
        self.pinned = pinned
        self.sources = sources.union(fetched)
        packages = described.union(resolved).union(locked)
            .union(results.flatMap { $0.result.packages ?? [] })
    }

    /// How many kept results refer to each file and root.
    var references: [SHA256Digest: Int] {
        var count: [SHA256Digest: Int] = [:]
        for result in results { for digest in result.needs { count[digest, default: 0] += 1 } }
        return count
    }

    /// Records of before do not say which packages a root was made of, so as long as there is one
    /// every known package stays.
    private static func hidesPackages(_ result: CachedResult) -> Bool {
        result.result.packages == nil
            && (result.result.action.hasPrefix("root ") || result.result.action.hasPrefix("smoke "))
    }

    /// Locked packages whose control data was read.
    private static func describedPackages(in home: Home) throws -> Set<SHA256Digest> {
        let folder = home.packageControl
        guard Files.isDirectory(folder) else { return [] }
        return Set(try Files.names(in: folder).compactMap(SHA256Digest.init(hex:)))
    }

    private static func failedRoots(in store: ArtifactStore) throws -> [SHA256Digest] {
        try FailedActions(store: store).all().filter(\.hasWorkspace).compactMap { entry in
            let root = try? entry.record.step?.spec(in: store.home).root
            return root?.lastComponent.flatMap { SHA256Digest(hex: $0.string) }
        }
    }
}
