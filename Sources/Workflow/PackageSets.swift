import Diagnostics
import Digest
import Execution
import Foundation
import HostSystem
import Lock
import Planning
import Provisioning
import Recipe
import Store
import SystemPackage

/// Knows which Debian packages the roots are made of: the lock's, or else those that were resolved
/// once and then kept in the home.
struct PackageSets: Sendable {
    let context: Context

    /// One suite on one architecture, with the variants that are wanted of it.
    private struct Platform {
        let suite: Suite
        let architecture: String
        var variants: [Variant]
    }

    /// Packages that are asked for beside a package set.
    private struct Wish {
        let name: String
        let packages: [String]
        let digest: SHA256Digest
    }

    /// The package set of every suite and architecture that some cells need, with every package
    /// in the store.
    ///
    /// - Parameters:
    ///   - cells: what is built.
    ///   - lock: decides the packages of the platforms that it has; nil to do without.
    /// - Returns: one set for each suite and architecture.
    /// - Throws: `Failure` of kind `environment` when a package cannot be had, `integrity` when a
    ///   mirror has other bytes.
    func obtain(for cells: [Cell], lock: ProjectLock?) async throws -> [PackageSet] {
        var sets: [PackageSet] = []
        for place in LockScope(cells).platforms {
            let variants = LockScope(
                cells.filter {
                    $0.suite == place.suite && $0.architecture == place.architecture
                }
            ).variants
            if let set = lock?.packageSet(of: place, variants: variants) {
                sets.append(try await fill(set))
            } else {
                sets.append(
                    try await obtain(
                        Platform(
                            suite: place.suite, architecture: place.architecture.rawValue,
                            variants: variants)))
            }
        }
        return sets
    }

    /// The package sets of some cells as far as they are known without asking anybody; the packages
    /// themselves need not be at hand.
    ///
    /// - Throws: `Failure` of kind `environment` when a suite was neither pinned nor resolved.
    func known(for cells: [Cell], lock: ProjectLock?) throws -> [PackageSet] {
        try LockScope(cells).platforms.map { place in
            let variants = LockScope(
                cells.filter {
                    $0.suite == place.suite && $0.architecture == place.architecture
                }
            ).variants
            if let set = lock?.packageSet(of: place, variants: variants) { return set }
            let platform = Platform(
                suite: place.suite, architecture: place.architecture.rawValue, variants: variants)
            let wanted = request(platform, mirror: nil)
            if let set = kept(
                PackageSet.self, in: file(platform),
                where: {
                    $0.request == wanted.digest
                })
            {
                return set.adding(
                    wishes(of: platform, beside: set).compactMap { keptAddition($0, platform) })
            }
            throw Failure(
                .environment, "nobody knows yet what the roots of \(place.suite.name) are made of",
                hint: "pin them with `lapidary pin update`, or build once")
        }
    }

    /// The files of the home that say what the roots of some cells are made of where no lock does.
    ///
    /// - Throws: `Failure` of kind `environment` when a suite, or what a variant or the smoke checks
    ///   need of it, was not resolved yet.
    func records(for cells: [Cell], lock: ProjectLock?) throws -> [FilePath] {
        var files: [FilePath] = []
        for (place, set) in zip(LockScope(cells).platforms, try known(for: cells, lock: lock)) {
            let variants = LockScope(
                cells.filter {
                    $0.suite == place.suite && $0.architecture == place.architecture
                }
            ).variants
            if lock?.packageSet(of: place, variants: variants) != nil { continue }
            let platform = Platform(
                suite: place.suite, architecture: place.architecture.rawValue, variants: variants)
            files.append(file(platform))
            for wish in wishes(of: platform, beside: set) {
                guard keptAddition(wish, platform) != nil else {
                    throw Failure(
                        .environment,
                        "nobody knows yet what `\(wish.name)` of \(place.suite.name) is made of",
                        hint: "pin it with `lapidary pin update`, or build once")
                }
                files.append(file(platform, addition: wish.name))
            }
        }
        return files
    }

    /// Brings the packages of a locked set into the store.
    private func fill(_ set: PackageSet) async throws -> PackageSet {
        let packages = LockedPackages(store: context.store, runner: context.runner)
        let members = set.members + set.additions.flatMap(\.members)
        let missing = packages.missing(members)
        if !missing.isEmpty {
            let mirror = try await context.findMirror()
            context.events(
                .note("downloading \(missing.count) locked packages of \(set.suite)"))
            try await packages.download(missing, of: set.suite, from: mirror)
        }
        let control = ControlData(store: context.store, runner: context.runner)
        var additions: [PackageAddition] = []
        for addition in set.additions {
            additions.append(
                PackageAddition(
                    name: addition.name, request: addition.request,
                    members: try await control.describe(addition.members)))
        }
        return PackageSet(
            suite: set.suite, architecture: set.architecture, request: set.request,
            members: try await control.describe(set.members)
        ).adding(additions)
    }

    /// What a lock shall say of a platform: the newest packages of the mirror, which are not
    /// downloaded here.
    func look(up place: LockScope.Platform, variants: [Variant]) async throws -> PackageSet {
        let platform = Platform(
            suite: place.suite, architecture: place.architecture.rawValue, variants: variants)
        return try await withResolver(platform) { resolver, request in
            let found = try await resolver.resolve(request)
            let set = PackageSet(
                suite: found.suite, architecture: found.architecture, request: place.request,
                members: found.members)
            var additions: [PackageAddition] = []
            for wish in PackageWish.all(of: place.suite, variants: variants) {
                additions.append(
                    try await resolver.resolve(
                        wish.packages, named: wish.name, beside: set, request: request,
                        digest: wish.digest))
            }
            return set.adding(additions)
        }
    }

    private func obtain(_ platform: Platform) async throws -> PackageSet {
        let wanted = request(platform, mirror: nil)
        let known = kept(PackageSet.self, in: file(platform)) { $0.request == wanted.digest }
        if let known {
            let wishes = wishes(of: platform, beside: known)
            let additions = wishes.compactMap { keptAddition($0, platform) }
            let members = known.members + additions.flatMap(\.members)
            if additions.count == wishes.count,
                members.allSatisfy({ context.store.contains($0.sha256) })
            {
                return known.adding(additions)
            }
        }
        return try await resolve(platform, known: known)
    }

    /// Asks the mirror for what is not known, and downloads what is not in the store.
    private func resolve(_ platform: Platform, known: PackageSet?) async throws -> PackageSet {
        let suite = platform.suite
        guard !context.isOffline else {
            throw Failure(
                .environment,
                "the packages of \(suite.name) are not all known and at hand here, and --offline"
                    + " forbids looking them up",
                hint: "pin them with `lapidary pin update`, and build once without --offline")
        }
        return try await withResolver(platform) { resolver, request in
            let set = if let known { known } else { try await resolver.resolve(request) }
            var additions: [PackageAddition] = []
            for wish in wishes(of: platform, beside: set) {
                if let kept = keptAddition(wish, platform) {
                    additions.append(kept)
                    continue
                }
                additions.append(
                    try await resolver.resolve(
                        wish.packages, named: wish.name, beside: set, request: request,
                        digest: wish.digest))
            }
            context.events(.note("downloading the packages of \(suite.name)"))
            try await resolver.download(
                set.members + additions.flatMap(\.members), of: suite.name)
            try keep(set, in: file(platform))
            for addition in additions {
                try keep(addition, in: file(platform, addition: addition.name))
            }
            return set.adding(additions)
        }
    }

    /// Reads the mirror's package lists of a platform.
    private func withResolver<Value>(
        _ platform: Platform,
        _ body: (PackageSetResolver, RootRequest) async throws -> Value
    ) async throws -> Value {
        let suite = platform.suite
        let mirror = try await context.findMirror()
        return try await TemporaryDirectory.with(in: context.home.temporary, name: "apt") {
            folder in
            let request = request(platform, mirror: mirror)
            context.events(.note("reading the package lists of \(suite.name)"))
            let apt = try await PrivateApt(
                folder: folder, archives: request.archives, architecture: platform.architecture,
                keyring: suite.keyring, runner: context.runner)
            return try await body(
                PackageSetResolver(apt: apt, store: context.store), request)
        }
    }

    /// What the variants' allocators and the smoke checks need.
    private func wishes(of platform: Platform, beside set: PackageSet) -> [Wish] {
        PackageWish.all(of: platform.suite, variants: platform.variants).map { wish in
            Wish(
                name: wish.name, packages: wish.packages,
                // An addition holds what its set lacks, so another set needs another addition.
                digest: SHA256Digest(
                    of: (wish.packages + set.members.map(\.sha256.hex)).joined(separator: "\n")))
        }
    }

    private func keptAddition(_ wish: Wish, _ platform: Platform) -> PackageAddition? {
        kept(PackageAddition.self, in: file(platform, addition: wish.name)) {
            $0.request == wish.digest
        }
    }

    private func file(_ platform: Platform, addition: String? = nil) -> FilePath {
        let words = [platform.suite.name, platform.architecture] + (addition.map { [$0] } ?? [])
        return context.home.packageSets.appending("\(words.joined(separator: "-")).json")
    }

    /// What was found before, if it answers the same request.
    private func kept<Value: Decodable>(
        _: Value.Type, in file: FilePath, where answers: (Value) -> Bool
    ) -> Value? {
        guard !context.refreshes, let bytes = try? Files.readBytes(file),
            let value = try? JSONDecoder().decode(Value.self, from: Data(bytes))
        else { return nil }
        return answers(value) ? value : nil
    }

    private func keep(_ value: some Encodable, in file: FilePath) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try Files.write(Array(try encoder.encode(value)), to: file)
    }

    private func request(_ platform: Platform, mirror: Mirror?) -> RootRequest {
        let suite = platform.suite
        return RootRequest(
            suite: suite.name, architecture: platform.architecture,
            archives: suite.archives.map { archive in
                PrivateApt.Archive(
                    address: (archive.security ? mirror?.security : mirror?.archive) ?? "",
                    suite: archive.suite, components: suite.components)
            },
            keyring: suite.keyring,
            packages: (suite.buildPackages + suite.runtimePackages).map(\.name))
    }
}
