package import Digest
package import Lock

/// What is written down of a package: what it was made of, and what is in it.
package struct EvidenceOperation: Sendable, Hashable, Codable {
    /// The script that lists the gems of a tree; it is run by the tree's own Ruby.
    package static let inventoryScript = "Recipes/steps/inventory.rb"

    /// Where the preparation leaves the control files of the .deb, in /outputs.
    package static let control = "control"
    /// Where the preparation leaves the list of gems, in /outputs.
    package static let inventory = "inventory.json"

    /// The part of the plan that leads to the package, with package sets without stanzas.
    package let plan: PlanDocument
    /// The action of that plan that makes the package.
    package let goal: ActionID
    package let release: String
    package let variant: String
    /// The name of the suite's distribution, such as `debian`.
    package let distribution: String
    /// The Debian packages that actions of the plan have as inputs, without stanzas.
    package let additions: [PackageSet.Member]
    /// The lock that the inputs were taken from; nil when there was none.
    package let lockDigest: SHA256Digest?
    /// The version of Lapidary that vouches.
    package let builderVersion: String
    /// What lays the .deb open and lists what is in it.
    package let preparation: [StepsOperation.Step]
    package let environment: [String: String]

    package init(
        plan: PlanDocument, goal: ActionID, release: String, variant: String, distribution: String,
        additions: [PackageSet.Member], lockDigest: SHA256Digest?, builderVersion: String,
        preparation: [StepsOperation.Step], environment: [String: String]
    ) {
        self.plan = plan
        self.goal = goal
        self.release = release
        self.variant = variant
        self.distribution = distribution
        self.additions = additions
        self.lockDigest = lockDigest
        self.builderVersion = builderVersion
        self.preparation = preparation
        self.environment = environment
    }

    /// The files of the project that the plan names, by their paths, sorted.
    package var projectFiles: [(path: String, sha256: SHA256Digest)] {
        plan.projectFiles(besides: additions)
    }
}

extension PlanDocument {
    /// The same document with package sets that lack the stanzas.
    ///
    /// They are long, and `dpkg-deb --field` gives them back from the packages themselves.
    package var withoutStanzas: PlanDocument {
        PlanDocument(
            schema: schema, actions: actions, packageSets: packageSets.map(\.withoutStanzas))
    }

    /// The inputs of a plan that are known beforehand and are no Debian packages: what the project
    /// brings along, by path.
    ///
    /// - Parameter packages: the Debian packages among the inputs.
    /// - Returns: paths and digests, sorted by path.
    package func projectFiles(besides packages: [PackageSet.Member]) -> [(
        path: String, sha256: SHA256Digest
    )] {
        let known = Set(packages.map(\.sha256))
        var files: [String: SHA256Digest] = [:]
        for action in actions {
            for case (let path, .blob(let digest)) in action.inputs where !known.contains(digest) {
                files[path] = digest
            }
        }
        return files.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { ($0.key, $0.value) }
    }
}

extension PackageSet {
    /// The same set without the archive's words about its members.
    package var withoutStanzas: PackageSet {
        PackageSet(
            suite: suite, architecture: architecture, request: request,
            members: members.map(\.withoutStanza)
        ).adding(additions)
    }
}

extension PackageSet.Member {
    /// The same package without the archive's words about it.
    package var withoutStanza: PackageSet.Member {
        PackageSet.Member(
            package: package, version: version, architecture: architecture, sha256: sha256,
            size: size, isBase: isBase, poolPath: poolPath, stanza: "")
    }
}
