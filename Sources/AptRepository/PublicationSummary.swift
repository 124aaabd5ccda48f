package import Debian

/// What a publication did.
package struct PublicationSummary: Sendable, Hashable {
    /// One of the packages that were given.
    package struct Package: Sendable, Hashable {
        /// Whether the suite listed the package before.
        package enum Outcome: Sendable, Hashable { case added, alreadyThere }

        package let name: PackageName
        package let version: DebianVersion
        package let architecture: String
        /// Bytes.
        package let size: Int64
        /// Below the repository's root.
        package let poolPath: String
        package let outcome: Outcome
    }

    package let suite: String
    package let date: UTCDate
    /// In the order in which they were given.
    package let packages: [Package]
    package let key: ArchiveKey
    /// What people should hear though nothing failed, such as a key that expires soon.
    package let warnings: [String]

    package var fingerprint: String { key.fingerprint }
}
