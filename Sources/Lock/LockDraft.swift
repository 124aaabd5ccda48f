import Digest
package import Recipe

/// A lock in the making: everything is decided but the revisions.
package struct LockDraft: Sendable {
    /// The recipes as they are now.
    package let catalog: Catalog
    package let scope: LockScope
    /// What each release is built from.
    package let sources: [RubyVersion: RubySource]
    /// One for each platform of the scope.
    package let platforms: [LockedPlatform]

    package init(
        catalog: Catalog, scope: LockScope, sources: [RubyVersion: RubySource],
        platforms: [LockedPlatform]
    ) {
        self.catalog = catalog
        self.scope = scope
        self.sources = sources
        self.platforms = platforms
    }

    /// The lock that takes the place of an older one.
    ///
    /// A release's revision is the highest of the old lock's, what is published and the recipe's; it
    /// is raised by one when something that both locks know shapes its packages otherwise, and when packages of
    /// it are published that no lock tells the inputs of. What only one of the locks has, such as
    /// one more suite, changes no package that anybody has.
    ///
    /// - Parameters:
    ///   - old: the lock so far.
    ///   - published: the highest published revision of each release.
    /// - Returns: the new lock.
    package func lock(after old: ProjectLock?, published: [RubyVersion: Int]) -> ProjectLock {
        let first = make { $0.revision }
        return make { ruby in
            let version = ruby.version
            let known = published[version] ?? 0
            guard let before = old?.release(version), let now = first.release(version) else {
                return known > 0 ? max(ruby.revision, known + 1) : ruby.revision
            }
            let highest = max(before.revision, known)
            // A person may have to raise it where nothing here can know why.
            let shapes = (old?.shapes(of: before) ?? [:], first.shapes(of: now))
            let isChanged = shapes.1.contains { name, digest in
                shapes.0[name].map { $0 != digest } ?? false
            }
            return max(ruby.revision, isChanged ? highest + 1 : highest)
        }
    }

    private func make(_ revision: (RubyRelease) -> Int) -> ProjectLock {
        ProjectLock(
            releases: scope.rubies.map { ruby in
                LockedRelease(
                    version: ruby.release.version, revision: revision(ruby.release),
                    epoch: ruby.release.sourceDateEpoch,
                    recipe: RecipeDigests.release(ruby.release, of: ruby.series),
                    source: sources[ruby.release.version] ?? ruby.release.source)
            }, patches: scope.patches(in: catalog), recipes: scope.recipes(in: catalog),
            platforms: platforms)
    }
}

extension LockScope {
    /// The patches of every build and of every variant that the series can build, each folder once.
    func patches(in catalog: Catalog) -> [LockedPatches] {
        var found: [LockedPatches] = []
        func add(_ folder: String?, of series: RubySeries, _ files: [ProjectFile]) {
            guard let folder else { return }
            let patches = LockedPatches(
                series: series.series, folder: folder, sha256: RecipeDigests.patches(files))
            if !found.contains(patches) { found.append(patches) }
        }
        for ruby in rubies {
            add(
                ruby.series.sourcePatches, of: ruby.series,
                catalog.sourcePatches(series: ruby.series))
            for variant in variants {
                add(
                    ruby.series.patchFolder(of: variant), of: ruby.series,
                    catalog.patches(series: ruby.series, variant: variant))
            }
        }
        return found
    }

    /// What shapes the packages of every release.
    func recipes(in catalog: Catalog) -> [LockedRecipe] {
        let steps = catalog.files(under: "Recipes/steps").map {
            LockedRecipe(path: $0.path, sha256: SHA256Digest(of: $0.bytes))
        }
        let variants = variants.map {
            LockedRecipe(
                path: "\(LockedRecipe.variantFolder)\($0.name).yaml",
                sha256: RecipeDigests.variant($0))
        }
        let suites = Dictionary(grouping: platforms, by: \.suite.name).compactMap { name, list in
            list.first.map {
                LockedRecipe(
                    path: "Recipes/suites/\(name).yaml", sha256: RecipeDigests.suite($0.suite))
            }
        }
        let project = LockedRecipe(
            path: Project.path, sha256: RecipeDigests.project(catalog.project))
        return steps + variants + suites + [project]
    }
}

extension ProjectLock {
    /// Everything that shapes the packages of a release, by name.
    func shapes(of release: LockedRelease) -> [String: SHA256Digest] {
        var shapes = ["recipe": release.recipe, "source": release.source.sha256]
        for patches in patches where patches.series == release.version.series {
            shapes["patches \(patches.folder)"] = patches.sha256
        }
        for recipe in recipes { shapes["recipe \(recipe.path)"] = recipe.sha256 }
        for platform in platforms {
            shapes["platform \(platform.name)"] = digest(of: platform.set.members)
            // The others serve checks of packages, which change none.
            for addition in platform.set.additions
            where addition.name.hasPrefix(PackageAddition.variant("")) {
                shapes["\(addition.name) \(platform.name)"] = digest(of: addition.members)
            }
        }
        return shapes
    }

    private func digest(of members: [PackageSet.Member]) -> SHA256Digest {
        SHA256Digest(of: members.map { "\($0.sha256)\n" }.joined())
    }
}
