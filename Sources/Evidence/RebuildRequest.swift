import Diagnostics
package import Digest
import Foundation
package import Lock
package import Planning

/// What it takes to make a .deb again, as its evidence tells: enough for a stranger.
///
/// Everything in it was checked against the digests that stand in the evidence, and against each
/// other. That the evidence itself is honest, only its signature can say.
package struct RebuildRequest: Sendable, Hashable {
    /// A file of the project that came inside the evidence.
    package struct EmbeddedFile: Sendable, Hashable {
        /// The name it has as an input, such as `Recipes/steps/stage.rb`.
        package let path: String
        package let bytes: [UInt8]
        package let sha256: SHA256Digest
    }

    /// What leads to the package; its package sets have no stanzas.
    package let plan: PlanDocument
    /// The action that makes the package.
    package let goal: ActionID
    /// The .deb's file name.
    package let deb: String
    package let sha256: SHA256Digest
    /// The source archives that are fetched.
    package let sources: [FetchOperation]
    /// The members of the build root, without stanzas.
    package let rootPackages: [PackageSet.Member]
    /// Packages that actions have as inputs beside the root, without stanzas.
    package let addedPackages: [PackageSet.Member]
    package let files: [EmbeddedFile]
    package let lockDigest: SHA256Digest?
    /// The digests that the other texts beside the .deb must have.
    package let texts: [EvidenceKind: SHA256Digest]
    /// The version of Lapidary that wrote the evidence.
    package let builderVersion: String

    /// Reads a statement and checks it against a .deb.
    ///
    /// - Parameters:
    ///   - bytes: the bytes of the `.intoto.json`.
    ///   - name: its path, for messages.
    ///   - deb: the .deb's path, for messages.
    ///   - found: the digest of the .deb.
    /// - Throws: `Failure` of kind `integrity` when the .deb is another one or anything in the
    ///   statement does not fit together; `environment` for a format of a newer Lapidary.
    package init(
        statement bytes: [UInt8], named name: String, deb: String, sha256 found: SHA256Digest
    ) throws {
        let statement = try Self.decode(bytes, name)
        let definition = statement.predicate.buildDefinition
        let parameters = definition.internalParameters
        func damaged(_ why: String) -> Failure { Self.damaged(name, why) }
        guard let subject = statement.subject.first, subject.name.hasSuffix(".deb") else {
            throw damaged("it describes no .deb")
        }
        guard subject.digest.sha256 == found else {
            throw Failure(
                .integrity,
                "`\(deb)` is not the file that its evidence describes: sha256 \(found),"
                    + " evidence says \(subject.digest.sha256)",
                hint: "get the package again from where it was published")
        }
        guard try parameters.plan.digest() == parameters.planDigest.sha256 else {
            throw damaged("its plan does not have the digest that stands beside it")
        }
        let dependencies = Dictionary(
            grouping: definition.resolvedDependencies, by: \.annotations.kind)
        self.deb = subject.name
        self.sha256 = found
        plan = parameters.plan
        goal = parameters.goal
        builderVersion = statement.predicate.runDetails.builder.version["lapidary"] ?? "?"
        lockDigest = dependencies[.lock]?.first?.digest.sha256
        files = try (dependencies[.projectFile] ?? []).map { try Self.file($0, name) }
        rootPackages = try (dependencies[.rootPackage] ?? []).map { try Self.member($0, name) }
        addedPackages = try (dependencies[.addedPackage] ?? []).map { try Self.member($0, name) }
        var texts: [EvidenceKind: SHA256Digest] = [:]
        for kind in EvidenceKind.allCases {
            let wanted = kind.fileName(of: subject.name)
            texts[kind] = statement.subject.first { $0.name == wanted }?.digest.sha256
        }
        self.texts = texts
        sources = parameters.plan.actions.compactMap { action in
            if case .fetch(let source) = action.operation { return source }
            return nil
        }
        if let problem = PlanGuard(plan: plan, goal: goal).problem() { throw damaged(problem) }
        if let problem = mismatch(sources: dependencies[.source] ?? []) { throw damaged(problem) }
    }

    /// What the plan and the list of dependencies say differently; nil when nothing.
    private func mismatch(sources named: [Statement.Dependency]) -> String? {
        if Set(named.map(\.digest.sha256)) != Set(sources.map(\.sha256)) {
            return "its plan fetches another source than it lists"
        }
        let members = plan.packageSets.flatMap(\.members)
        if Set(members) != Set(rootPackages) || members.count != rootPackages.count {
            return "its plan has other packages in the root than it lists"
        }
        let known = Set(members.map(\.sha256))
        for action in plan.actions {
            if case .root(let root) = action.operation, !Set(root.packages).isSubset(of: known) {
                return "its plan makes the root of packages that it does not list"
            }
        }
        let wanted = plan.projectFiles(besides: addedPackages)
        let given = files.map { (path: $0.path, sha256: $0.sha256) }
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        guard wanted.count == given.count, zip(wanted, given).allSatisfy(==) else {
            return "it does not bring the files that its plan names"
        }
        return nil
    }

    private static func damaged(_ name: String, _ why: String) -> Failure {
        Failure(
            .integrity, "the evidence `\(name)` was damaged or changed: \(why)",
            hint: "get it again from where the package was published")
    }

    private static func decode(_ bytes: [UInt8], _ name: String) throws -> Statement {
        let data = Data(bytes)
        guard let outline = try? JSONDecoder().decode(Outline.self, from: data) else {
            throw damaged(name, "it is no in-toto statement")
        }
        let parameters = outline.predicate?.buildDefinition?.internalParameters
        let schema = parameters?.plan?.schema ?? PlanDocument.currentSchema
        let isOurs =
            outline._type == Statement.statementType
            && outline.predicateType == Statement.provenanceType
            && outline.predicate?.buildDefinition?.buildType == Statement.buildType
        guard isOurs, schema <= PlanDocument.currentSchema else {
            let type = outline.predicate?.buildDefinition?.buildType ?? outline.predicateType
            throw Failure(
                .environment,
                "the evidence `\(name)` has a format that this Lapidary does not know:"
                    + " \(type ?? "no type")\(schema > 1 ? ", plan schema \(schema)" : "")",
                hint: "use a newer Lapidary")
        }
        do {
            return try JSONDecoder().decode(Statement.self, from: data)
        } catch {
            throw damaged(name, "it is incomplete, or a value in it is malformed")
        }
    }

    private static func file(_ dependency: Statement.Dependency, _ name: String) throws
        -> EmbeddedFile
    {
        guard let content = dependency.content,
            SHA256Digest(of: content) == dependency.digest.sha256
        else {
            throw damaged(name, "the bytes of `\(dependency.name)` do not have their digest")
        }
        return EmbeddedFile(
            path: dependency.name, bytes: Array(content), sha256: dependency.digest.sha256)
    }

    private static func member(_ dependency: Statement.Dependency, _ name: String) throws
        -> PackageSet.Member
    {
        let about = dependency.annotations
        guard let package = about.package, let version = about.version,
            let architecture = about.architecture, let size = about.size,
            let isBase = about.isBase
        else { throw damaged(name, "it says too little of `\(dependency.name)`") }
        let member = PackageSet.Member(
            package: package, version: version, architecture: architecture,
            sha256: dependency.digest.sha256, size: size, isBase: isBase, poolPath: about.poolPath,
            stanza: "")
        if let path = about.poolPath, !PlanGuard.isPath(path) {
            throw damaged(name, "`\(path)` is no place in an archive")
        }
        guard PlanGuard.isName(member.fileName), member.fileName == dependency.name else {
            throw damaged(name, "`\(dependency.name)` is not the name of its package")
        }
        return member
    }

    /// As much of a statement as tells its kind, whatever else is in it.
    private struct Outline: Decodable {
        struct Predicate: Decodable { let buildDefinition: Definition? }
        struct Definition: Decodable {
            let buildType: String?
            let internalParameters: Parameters?
        }
        struct Parameters: Decodable { let plan: Plan? }
        struct Plan: Decodable { let schema: Int? }

        let _type: String?
        let predicateType: String?
        let predicate: Predicate?
    }
}
