package import Digest
package import Recipe

extension ProjectLock {
    /// Digest of the lines that shape one cell's packages.
    ///
    /// The evidence of a package names this, not the whole lock, so that pinning another release
    /// or another variant changes nothing of it.
    package func digest(of cell: Cell) -> SHA256Digest {
        let folder = cell.series.patchFolder(of: cell.variant)
        let variant = LockedRecipe.variantFolder + cell.variant.name + ".yaml"
        let suite = LockedRecipe.suiteFolder + cell.suite.name + ".yaml"
        let wanted = PackageAddition.variant(cell.variant.name)
        return ProjectLock(
            releases: releases.filter { $0.version == cell.release.version },
            patches: patches.filter { $0.series == cell.series.series && $0.folder == folder },
            recipes: recipes.filter { recipe in
                if recipe.path.hasPrefix(LockedRecipe.variantFolder) {
                    return recipe.path == variant
                }
                return !recipe.path.hasPrefix(LockedRecipe.suiteFolder) || recipe.path == suite
            },
            platforms: platforms.filter {
                $0.set.suite == cell.suite.name
                    && $0.set.architecture == cell.architecture.rawValue
            }.map { platform in
                LockedPlatform(
                    keyring: platform.keyring, keyringDigest: platform.keyringDigest,
                    set: PackageSet(
                        suite: platform.set.suite, architecture: platform.set.architecture,
                        request: platform.set.request, members: platform.set.members
                    ).adding(platform.set.additions.filter { $0.name == wanted }))
            }
        ).digest
    }
}
