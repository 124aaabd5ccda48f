import Diagnostics
import Digest
import Execution
import Foundation
import HostSystem
import Planning
import Provisioning
import Recipe
import Store
import SystemPackage

/// Knows which Debian packages the roots are made of: resolved once, then kept.
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
    func obtain(for cells: [Cell]) async throws -> [PackageSet] {
        var platforms: [Platform] = []
        for cell in cells {
            let index = platforms.firstIndex {
                $0.suite == cell.suite && $0.architecture == cell.architecture.rawValue
            }
            if let index {
                if !platforms[index].variants.contains(cell.variant) {
                    platforms[index].variants.append(cell.variant)
                }
            } else {
                platforms.append(
                    Platform(
                        suite: cell.suite, architecture: cell.architecture.rawValue,
                        variants: [cell.variant]))
            }
        }
        var sets: [PackageSet] = []
        for platform in platforms { sets.append(try await obtain(platform)) }
        return sets
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
        let mirror = try await context.findMirror()
        return try await TemporaryDirectory.with(in: context.home.temporary, name: "apt") {
            folder in
            let request = request(platform, mirror: mirror)
            context.events(.note("reading the package lists of \(suite.name)"))
            let apt = try await PrivateApt(
                folder: folder, archives: request.archives, architecture: platform.architecture,
                keyring: suite.keyring, runner: context.runner)
            let resolver = PackageSetResolver(apt: apt, store: context.store)
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

    /// What the variants' allocators and the smoke checks need.
    private func wishes(of platform: Platform, beside set: PackageSet) -> [Wish] {
        var wishes = platform.variants.compactMap { variant in
            variant.allocator.map {
                (PackageAddition.variant(variant.name), $0.buildPackages)
            }
        }
        let smoke = platform.suite.smokePackages.map(\.name)
        if !smoke.isEmpty { wishes.append((PackageAddition.smoke, smoke)) }
        let verify = platform.suite.verifyPackages.map(\.name)
        if !verify.isEmpty { wishes.append((PackageAddition.verify, verify)) }
        return wishes.map { name, packages in
            Wish(
                name: name, packages: packages,
                // An addition holds what its set lacks, so another set needs another addition.
                digest: SHA256Digest(
                    of: (packages + set.members.map(\.sha256.hex)).joined(separator: "\n")))
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
