package import Digest

/// The exact Debian packages that the roots of a suite and architecture are made of.
package struct PackageSet: Sendable, Hashable, Codable {
    /// One package by its exact bytes.
    package struct Member: Sendable, Hashable, Codable {
        package let package: String
        package let version: String
        package let architecture: String
        package let sha256: SHA256Digest
        /// Bytes.
        package let size: Int64
        /// Whether the package belongs to the bare root too, not only to the build root.
        package let isBase: Bool
        /// Where the file lies below an archive's base address, without any host; nil for one that
        /// an older version resolved.
        package let poolPath: String?
        /// Its control fields with its size and digest: what apt wants to know of it.
        ///
        /// Empty as long as the .deb, from which they can be read, is not at hand.
        package private(set) var stanza: String

        package init(
            package: String, version: String, architecture: String, sha256: SHA256Digest,
            size: Int64, isBase: Bool, poolPath: String? = nil, stanza: String
        ) {
            self.package = package
            self.version = version
            self.architecture = architecture
            self.sha256 = sha256
            self.size = size
            self.isBase = isBase
            self.poolPath = poolPath
            self.stanza = stanza
        }

        /// The same package with its control fields.
        package func with(stanza: String) -> Member {
            var member = self
            member.stanza = stanza
            return member
        }

        /// `name_version_arch.deb`, with the version as it stands in file names (no epoch).
        package var fileName: String {
            let bare = version.split(separator: ":", maxSplits: 1).last.map(String.init) ?? version
            return "\(package)_\(bare)_\(architecture).deb"
        }
    }

    package let suite: String
    package let architecture: String
    /// Digest of what was asked for: archives and package names of the suite's recipe.
    package let request: SHA256Digest
    /// Sorted by package name.
    package let members: [Member]
    /// What single variants and the smoke checks need besides.
    ///
    /// No root is made of it, so that a new variant leaves every other result as it is. It is
    /// kept in files of its own.
    package private(set) var additions: [PackageAddition] = []

    private enum CodingKeys: CodingKey { case suite, architecture, request, members }

    package init(suite: String, architecture: String, request: SHA256Digest, members: [Member]) {
        self.suite = suite
        self.architecture = architecture
        self.request = request
        self.members = members
    }

    /// The same set with additions.
    package func adding(_ additions: [PackageAddition]) -> PackageSet {
        var set = self
        set.additions = additions
        return set
    }

    /// The packages of an addition, sorted by name; none when there is no such addition.
    package func addition(_ name: String) -> [Member] {
        additions.first { $0.name == name }?.members ?? []
    }
}

/// Packages beside a package set, for one purpose.
package struct PackageAddition: Sendable, Hashable, Codable {
    /// The name of the addition that smoke checks use.
    package static let smoke = "smoke"

    /// The name of the addition that varied rebuilds use.
    package static let verify = "verify"

    /// The name of the addition that a variant's allocator needs.
    package static func variant(_ name: String) -> String { "variant-\(name)" }

    /// What it is for, which also becomes part of a file name.
    package let name: String
    /// Digest of what was asked for.
    package let request: SHA256Digest
    /// What the package set does not have already, sorted by package name.
    package let members: [PackageSet.Member]

    package init(name: String, request: SHA256Digest, members: [PackageSet.Member]) {
        self.name = name
        self.request = request
        self.members = members
    }
}
