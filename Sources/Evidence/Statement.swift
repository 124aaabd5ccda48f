package import Digest
package import Foundation
package import Planning

/// An in-toto Statement v1 that carries SLSA provenance v1.
package struct Statement: Sendable, Hashable, Codable {
    package static let statementType = "https://in-toto.io/Statement/v1"
    package static let provenanceType = "https://slsa.dev/provenance/v1"
    /// What `docs/evidence.md` describes; another number means another shape.
    package static let buildType = "urn:lapidary:build:1"
    /// Whoever runs Lapidary; the signature says who that was.
    package static let builderID = "urn:lapidary:builder"

    /// The digests of a thing by algorithm, in-toto's DigestSet.
    package struct Digests: Sendable, Hashable, Codable {
        package let sha256: SHA256Digest

        package init(sha256: SHA256Digest) { self.sha256 = sha256 }
    }

    package struct Subject: Sendable, Hashable, Codable {
        package let name: String
        package let digest: Digests

        package init(name: String, digest: Digests) {
            self.name = name
            self.digest = digest
        }
    }

    package struct Predicate: Sendable, Hashable, Codable {
        package let buildDefinition: BuildDefinition
        package let runDetails: RunDetails
    }

    package struct BuildDefinition: Sendable, Hashable, Codable {
        package let buildType: String
        package let externalParameters: ExternalParameters
        package let internalParameters: InternalParameters
        package let resolvedDependencies: [Dependency]
    }

    /// What a person chose.
    package struct ExternalParameters: Sendable, Hashable, Codable {
        package let release: String
        package let variant: String
        package let suite: String
        package let architecture: String
        package let package: String
    }

    /// What Lapidary made of it.
    package struct InternalParameters: Sendable, Hashable, Codable {
        package let goal: ActionID
        package let plan: PlanDocument
        /// Of the plan's canonical JSON, so that a slip in it is noticed without a signature.
        package let planDigest: Digests
    }

    /// An in-toto ResourceDescriptor.
    package struct Dependency: Sendable, Hashable, Codable {
        /// What it is for.
        package enum Kind: String, Sendable, Hashable, Codable {
            case source
            /// A member of the build root.
            case rootPackage = "root-package"
            /// Unpacked beside the root: a variant's allocator.
            case addedPackage = "added-package"
            case projectFile = "project-file"
            case lock
        }

        package struct Annotations: Sendable, Hashable, Codable {
            package let kind: Kind
            /// Bytes.
            package var size: Int64?
            package var package: String?
            package var version: String?
            package var architecture: String?
            /// Whether the package belongs to the bare root too.
            package var isBase: Bool?
            /// Where a Debian package lies in an archive: relative to a mirror's address.
            package var poolPath: String?
            /// Where else the same bytes can be had.
            package var addresses: [String]?
        }

        package let name: String
        package let uri: String?
        package let digest: Digests
        /// The bytes themselves, in base64.
        package let content: Data?
        package let annotations: Annotations
    }

    package struct RunDetails: Sendable, Hashable, Codable {
        package struct Builder: Sendable, Hashable, Codable {
            package let id: String
            package let version: [String: String]
        }

        package let builder: Builder
    }

    package let _type: String
    package let subject: [Subject]
    package let predicateType: String
    package let predicate: Predicate
}
