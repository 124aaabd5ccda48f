package import Digest
package import Recipe

/// The exact inputs of a project's builds, by digest: what `lapidary.lock` says.
///
/// Everything is in one order, so that the same inputs give the same text.
package struct ProjectLock: Sendable, Hashable {
    /// Where the lock lies in a project.
    package static let path = "lapidary.lock"
    /// The format that this version reads and writes.
    package static let format = 1

    /// In ascending order.
    package let releases: [LockedRelease]
    /// By series and folder.
    package let patches: [LockedPatches]
    /// What shapes the packages of every release, by path.
    package let recipes: [LockedRecipe]
    /// By suite and architecture.
    package let platforms: [LockedPlatform]

    package init(
        releases: [LockedRelease], patches: [LockedPatches], recipes: [LockedRecipe],
        platforms: [LockedPlatform]
    ) {
        self.releases = releases.sorted { $0.version < $1.version }
        self.patches = patches.sorted { ($0.series, $0.folder) < ($1.series, $1.folder) }
        self.recipes = recipes.sorted { $0.path < $1.path }
        self.platforms = platforms.sorted { $0.name < $1.name }
    }

    package func release(_ version: RubyVersion) -> LockedRelease? {
        releases.first { $0.version == version }
    }

    package func platform(_ name: String) -> LockedPlatform? {
        platforms.first { $0.name == name }
    }

    /// Names of the variants whose recipes are locked.
    package var variants: [String] {
        recipes.compactMap { recipe in
            guard recipe.path.hasPrefix(LockedRecipe.variantFolder) else { return nil }
            return String(recipe.path.dropFirst(LockedRecipe.variantFolder.count).dropLast(5))
        }
    }

    /// Every Debian package with the platform that it is locked for.
    package var packages: [(platform: LockedPlatform, member: PackageSet.Member)] {
        platforms.flatMap { platform in platform.packages.map { (platform, $0) } }
    }
}

/// A release of Ruby and the very archive that it is built from.
package struct LockedRelease: Sendable, Hashable {
    package let version: RubyVersion
    /// Our packaging revision, from 1.
    package let revision: Int
    /// `SOURCE_DATE_EPOCH` of its builds: seconds since 1970.
    package let epoch: Int64
    /// Digest of all that the recipe of its series said of it.
    package let recipe: SHA256Digest
    package let source: RubySource

    package init(
        version: RubyVersion, revision: Int, epoch: Int64, recipe: SHA256Digest,
        source: RubySource
    ) {
        self.version = version
        self.revision = revision
        self.epoch = epoch
        self.recipe = recipe
        self.source = source
    }
}

/// A folder of patches that variants of a series are made with.
package struct LockedPatches: Sendable, Hashable {
    package let series: RubySeriesNumber
    package let folder: String
    /// Digest of the patches in their order.
    package let sha256: SHA256Digest

    package init(series: RubySeriesNumber, folder: String, sha256: SHA256Digest) {
        self.series = series
        self.folder = folder
        self.sha256 = sha256
    }
}

/// A file of the project that shapes packages.
package struct LockedRecipe: Sendable, Hashable {
    static let suiteFolder = "Recipes/suites/"
    static let variantFolder = "Recipes/variants/"

    package let path: String
    /// Digest of what it says that matters to packages; of a script, of its bytes.
    package let sha256: SHA256Digest

    package init(path: String, sha256: SHA256Digest) {
        self.path = path
        self.sha256 = sha256
    }
}

/// A suite on an architecture: every package that its roots are made of.
package struct LockedPlatform: Sendable, Hashable {
    /// The file name of the keyring that vouched for the archives when they were read.
    package let keyring: String
    /// Digest of the keyring's bytes.
    package let keyringDigest: SHA256Digest
    /// The packages of both roots, and those of single variants and of smoke checks.
    ///
    /// Each `request` is the digest of what the recipes asked for.
    package let set: PackageSet

    package init(keyring: String, keyringDigest: SHA256Digest, set: PackageSet) {
        self.keyring = keyring
        self.keyringDigest = keyringDigest
        self.set = set
    }

    /// `bookworm/amd64`.
    package var name: String { "\(set.suite)/\(set.architecture)" }

    /// Every package, those of the additions last.
    package var packages: [PackageSet.Member] {
        self.set.members + self.set.additions.flatMap(\.members)
    }
}
