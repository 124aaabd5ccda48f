import Diagnostics
package import Digest
import Foundation
import Lock
package import Planning

/// What a .deb was made of and how, complete enough to make it again without the project.
///
/// There are no times in it: the same inputs give the same bytes.
package struct Provenance: Sendable {
    let evidence: EvidenceOperation
    let operation: PackageOperation
    let source: FetchOperation
    /// The .deb and its other texts.
    let subjects: [Statement.Subject]
    /// The bytes of each file of the project that the plan names, by path.
    let files: [String: [UInt8]]

    package init(
        evidence: EvidenceOperation, operation: PackageOperation, source: FetchOperation,
        subjects: [Statement.Subject], files: [String: [UInt8]]
    ) {
        self.evidence = evidence
        self.operation = operation
        self.source = source
        self.subjects = subjects
        self.files = files
    }

    /// The statement as JSON.
    ///
    /// - Throws: `Failure` of kind `internalError` when a file that the plan names is not at hand.
    package func bytes() throws -> [UInt8] {
        try CanonicalJSON.bytes(statement())
    }

    func statement() throws -> Statement {
        Statement(
            _type: Statement.statementType, subject: subjects,
            predicateType: Statement.provenanceType,
            predicate: .init(
                buildDefinition: .init(
                    buildType: Statement.buildType,
                    externalParameters: .init(
                        release: evidence.release, variant: evidence.variant,
                        suite: operation.suite, architecture: operation.architecture,
                        package: operation.name),
                    internalParameters: .init(
                        goal: evidence.goal, plan: evidence.plan,
                        planDigest: .init(sha256: try evidence.plan.digest())),
                    resolvedDependencies: try dependencies()),
                runDetails: .init(
                    builder: .init(
                        id: Statement.builderID,
                        version: ["lapidary": evidence.builderVersion]))))
    }

    private func dependencies() throws -> [Statement.Dependency] {
        let rootPackages = evidence.plan.packageSets.flatMap(\.members)
        return try [sourceDependency] + rootPackages.map { package($0, .rootPackage) }
            + evidence.additions.map { package($0, .addedPackage) }
            + evidence.projectFiles.map { try projectFile($0.path, $0.sha256) }
            + (evidence.lockDigest.map { [lock($0)] } ?? [])
    }

    private var sourceDependency: Statement.Dependency {
        let uri: String?
        var annotations = Statement.Dependency.Annotations(kind: .source, size: source.size)
        switch source.origin {
        case .upstream(let addresses):
            uri = addresses.first
            annotations.addresses = addresses
        case .debian(_, let package, let version, _):
            uri = PackageURL.deb(
                vendor: "debian", name: package, version: version, architecture: "source")
        }
        return Statement.Dependency(
            name: source.fileName, uri: uri, digest: .init(sha256: source.sha256), content: nil,
            annotations: annotations)
    }

    private func package(_ member: PackageSet.Member, _ kind: Statement.Dependency.Kind)
        -> Statement.Dependency
    {
        Statement.Dependency(
            name: member.fileName,
            uri: PackageURL.deb(
                vendor: evidence.distribution, name: member.package, version: member.version,
                architecture: member.architecture),
            digest: .init(sha256: member.sha256), content: nil,
            annotations: .init(
                kind: kind, size: member.size, package: member.package, version: member.version,
                architecture: member.architecture, isBase: member.isBase,
                poolPath: member.poolPath))
    }

    private func projectFile(_ path: String, _ sha256: SHA256Digest) throws -> Statement.Dependency
    {
        guard let bytes = files[path], SHA256Digest(of: bytes) == sha256 else {
            throw Failure(.internalError, "the evidence lacks the bytes of `\(path)`")
        }
        return Statement.Dependency(
            name: path, uri: nil, digest: .init(sha256: sha256), content: Data(bytes),
            annotations: .init(kind: .projectFile, size: Int64(bytes.count)))
    }

    private func lock(_ sha256: SHA256Digest) -> Statement.Dependency {
        Statement.Dependency(
            name: "lapidary.lock", uri: nil, digest: .init(sha256: sha256), content: nil,
            annotations: .init(kind: .lock))
    }
}

extension PlanDocument {
    /// The digest of the document's JSON without white space, keys sorted.
    package func digest() throws -> SHA256Digest {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return SHA256Digest(of: try encoder.encode(self))
    }
}
