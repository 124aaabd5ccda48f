import Diagnostics
import Digest
import Foundation
import HostSystem
import Store
import SystemPackage

/// What lies in a home, by kind.
package struct CacheSize: Sendable, Hashable {
    /// What people call the things in a home.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case sources
        case debianPackages = "debian-packages"
        case results
        case projectFiles = "project-files"
        case unreferenced
        case compilers = "compile-cache"
        case roots, records, logs, failures, rebuilt, downloads
        case packages, repository, keys, temporary, other
    }

    /// All of a kind.
    package struct Part: Sendable, Hashable {
        package let kind: Kind
        /// Files; of roots and failures their folders.
        package let count: Int
        /// Bytes on disk.
        package let bytes: Int64
    }

    /// In the order of the kinds; those of which there is nothing are left out.
    package let parts: [Part]
    /// Bytes on disk, those of empty folders too.
    package let bytes: Int64
    /// Bytes on disk of what can be made or fetched again, and of its folders.
    package let removable: Int64

    /// What nobody but the user removes.
    private static let products: Set<Kind> = [.packages, .repository, .keys, .other]

    /// Looks at a home, without its lock; what comes or goes meanwhile may be counted or not.
    ///
    /// A file with several names counts once: as a package that people install, or else as what it
    /// is in the store.
    ///
    /// - Parameters:
    ///   - store: the home's; a home that is not there is empty.
    ///   - contents: what is kept in it.
    /// - Throws: `Failure` of kind `environment` when the home cannot be read.
    init(of store: ArtifactStore, _ contents: CacheContents) throws {
        let home = store.home
        var sums: [Kind: (count: Int, bytes: Int64)] = [:]
        var use = DiskUse()
        func add(_ path: FilePath, as kind: Kind, counting: Int? = nil) {
            let sum = use.count(path)
            let known = sums[kind] ?? (0, 0)
            sums[kind] = (known.count + (counting ?? sum.files), known.bytes + sum.bytes)
        }
        add(home.packages, as: .packages)
        add(home.repository, as: .repository)
        add(home.keys, as: .keys)
        let kinds = Self.kinds(in: contents)
        for digest in contents.files {
            add(store.path(of: digest), as: kinds[digest] ?? .unreferenced)
        }
        for root in contents.roots { add(store.tree(of: root), as: .roots, counting: 1) }
        if Files.isDirectory(home.failures) {
            for name in try Files.names(in: home.failures) {
                add(home.failures.appending(name), as: .failures, counting: 1)
            }
        }
        add(home.compileCache, as: .compilers)
        add(home.results, as: .records)
        add(home.packageSets, as: .records)
        add(home.logs, as: .logs)
        add(home.rebuilt, as: .rebuilt)
        add(home.downloads, as: .downloads)
        add(home.temporary, as: .temporary)
        // Their folders, and what lies in these without being of the store.
        add(home.blobs, as: .records)
        add(home.roots, as: .records)
        add(home.failures, as: .failures, counting: 0)
        // Whatever somebody else put there.
        let all = Set((try? Files.names(in: home.path)) ?? []).subtracting(home.own)
        for name in all.sorted() { add(home.path.appending(name), as: .other) }
        parts = Kind.allCases.compactMap { kind in
            guard let sum = sums[kind], sum.count > 0 else { return nil }
            return Part(kind: kind, count: sum.count, bytes: sum.bytes)
        }
        bytes = sums.values.reduce(0) { $0 + $1.bytes }
        removable = sums.filter { !Self.products.contains($0.key) }.values
            .reduce(0) { $0 + $1.bytes }
    }

    /// What each file of the store is; nothing for those that nothing refers to.
    private static func kinds(in contents: CacheContents) -> [SHA256Digest: Kind] {
        var kinds: [SHA256Digest: Kind] = [:]
        for result in contents.results {
            for digest in (result.result.inputs ?? [:]).values { kinds[digest] = .projectFiles }
        }
        for result in contents.results {
            for output in result.result.outputs.values { kinds[output.sha256] = .results }
        }
        let needed = contents.references
        for digest in contents.pinned.union(needed.keys) {
            if contents.packages.contains(digest) { kinds[digest] = .debianPackages }
            if contents.sources.contains(digest) { kinds[digest] = .sources }
        }
        return kinds
    }
}

extension Home {
    /// The names of everything that Lapidary makes in a home.
    var own: Set<String> {
        let folders = [
            blobs, results, logs, failures, compileCache, roots, packageSets, keys, downloads,
            temporary,
            packages, rebuilt, repository,
        ]
        return Set(folders.compactMap { $0.lastComponent?.string } + ["lock"])
    }
}
