import Digest
import Recipe

/// One thing that differs between two locks.
package struct LockMove: Sendable, Hashable {
    /// What kind of thing.
    package enum Kind: String, Sendable, Hashable {
        case release, source, patches, recipe, keyring, package
    }

    package let kind: Kind
    /// Which one: `3.3.8`, `bookworm/amd64 gcc-12`.
    package let name: String
    /// What it was, in short; nil for a new one.
    package let before: String?
    /// What it is; nil for one that is gone.
    package let after: String?
}

extension ProjectLock {
    /// What moved from an older lock to this one, in the order of the file; empty for the same.
    package func moves(from old: ProjectLock?) -> [LockMove] {
        let (before, after) = (old?.facts ?? [], facts)
        let were = Dictionary(before.map { ($0.key, $0.value) }) { first, _ in first }
        let are = Dictionary(after.map { ($0.key, $0.value) }) { first, _ in first }
        let gone = before.filter { are[$0.key] == nil }.map {
            LockMove(kind: $0.key.kind, name: $0.key.name, before: $0.value.short, after: nil)
        }
        return gone
            + after.compactMap { fact in
                let past = were[fact.key]
                guard past != fact.value else { return nil }
                // The same words of other bytes would say nothing.
                let isSame = past?.short == fact.value.short
                return LockMove(
                    kind: fact.key.kind, name: fact.key.name,
                    before: isSame ? past?.long : past?.short,
                    after: isSame ? fact.value.long : fact.value.short)
            }
    }

    private struct Fact {
        struct Key: Hashable {
            let kind: LockMove.Kind
            let name: String
        }

        struct Value: Hashable {
            let short: String
            let digest: SHA256Digest?

            var long: String { "\(short) (\(digest?.hex.prefix(12) ?? "?"))" }
        }

        let key: Key
        let value: Value

        init(_ kind: LockMove.Kind, _ name: String, _ short: String, _ digest: SHA256Digest?) {
            key = Key(kind: kind, name: name)
            value = Value(short: short, digest: digest)
        }
    }

    /// Everything the lock says, as things with a name and a value.
    private var facts: [Fact] {
        func brief(_ digest: SHA256Digest) -> String { String(digest.hex.prefix(12)) }
        var facts: [Fact] = []
        for release in releases {
            let version = "\(release.version)"
            facts.append(Fact(.release, version, "revision \(release.revision)", nil))
            facts.append(
                Fact(
                    .source, version, "\(release.source.origin) \(release.source.fileName)",
                    release.source.sha256))
            facts.append(
                Fact(.recipe, "Recipes/ruby of \(version)", brief(release.recipe), release.recipe))
        }
        for patches in patches {
            facts.append(
                Fact(
                    .patches, "\(patches.series) \(patches.folder)", brief(patches.sha256),
                    patches.sha256))
        }
        for recipe in recipes {
            facts.append(Fact(.recipe, recipe.path, brief(recipe.sha256), recipe.sha256))
        }
        for platform in platforms {
            facts.append(
                Fact(.keyring, platform.name, platform.keyring, platform.keyringDigest))
            for member in platform.set.members {
                facts.append(Self.fact(member, "\(platform.name) \(member.package)"))
            }
            for addition in platform.set.additions {
                for member in addition.members {
                    facts.append(
                        Self.fact(member, "\(platform.name) \(addition.name) \(member.package)"))
                }
            }
        }
        return facts
    }

    private static func fact(_ member: PackageSet.Member, _ name: String) -> Fact {
        Fact(.package, name, member.version, member.sha256)
    }
}
