package import Digest
package import Recipe

/// Packages that are asked for beside a package set, for one purpose.
package struct PackageWish: Sendable, Hashable {
    /// The name of the addition that answers it.
    package let name: String
    package let packages: [String]

    /// What some variants' allocators, the smoke checks and varied rebuilds need of a suite.
    package static func all(of suite: Suite, variants: [Variant]) -> [PackageWish] {
        var wishes = variants.compactMap { variant in
            variant.allocator.map {
                PackageWish(
                    name: PackageAddition.variant(variant.name), packages: $0.buildPackages)
            }
        }
        let smoke = suite.smokePackages.map(\.name)
        if !smoke.isEmpty {
            wishes.append(PackageWish(name: PackageAddition.smoke, packages: smoke))
        }
        let verify = suite.verifyPackages.map(\.name)
        if !verify.isEmpty {
            wishes.append(PackageWish(name: PackageAddition.verify, packages: verify))
        }
        return wishes.sorted { $0.name < $1.name }
    }

    /// Digest of what is asked for, as a lock has it.
    package var digest: SHA256Digest { RecipeDigests.addition(packages) }
}

extension LockScope.Platform {
    /// Digest of what the suite asks for in its roots, as a lock has it.
    package var request: SHA256Digest { RecipeDigests.platform(suite, architecture) }
}
