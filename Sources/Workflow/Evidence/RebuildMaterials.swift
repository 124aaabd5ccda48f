import Debian
import Diagnostics
package import Digest
package import Evidence
package import HostSystem
package import Planning
package import Store
import SystemPackage

/// Brings what evidence tells of into a store, so that its plan can run there.
package struct RebuildMaterials: Sendable {
    private let store: ArtifactStore
    private let runner: any CommandRunner

    package init(store: ArtifactStore, runner: any CommandRunner) {
        self.store = store
        self.runner = runner
    }

    /// The Debian packages and sources that the store lacks, by digest, with a name for people.
    package func missing(for request: RebuildRequest) -> [(name: String, sha256: SHA256Digest)] {
        let packages = (request.rootPackages + request.addedPackages)
            .map { (name: $0.fileName, sha256: $0.sha256) }
        let sources = request.sources.map { (name: $0.fileName, sha256: $0.sha256) }
        return (packages + sources).filter { !store.contains($0.sha256) }
    }

    /// Keeps the project's files that came inside the evidence.
    ///
    /// - Throws: `Failure` when the store cannot be written.
    package func keepFiles(of request: RebuildRequest) throws {
        for file in request.files { try store.insert(file.bytes) }
    }

    /// The package sets of the plan, their stanzas read from the packages in the store.
    ///
    /// - Throws: `Failure` of kind `environment` when the store lacks a package, `integrity` when
    ///   one is another than the evidence says.
    package func packageSets(for request: RebuildRequest) async throws -> [PackageSet] {
        var sets: [PackageSet] = []
        for set in request.plan.packageSets {
            var members: [PackageSet.Member] = []
            for member in set.members {
                members.append(try member.restoringStanza(from: try await control(of: member)))
            }
            sets.append(
                PackageSet(
                    suite: set.suite, architecture: set.architecture, request: set.request,
                    members: members))
        }
        return sets
    }

    private func control(of member: PackageSet.Member) async throws -> ControlStanza {
        guard let file = try store.verified(member.sha256) else {
            throw Failure(
                .environment, "the package \(member.fileName) is not at hand",
                details: ["sha256 \(member.sha256)"])
        }
        let text = try await runner.output(
            of: Command("dpkg-deb", ["--field", file.string], environment: ["LC_ALL": "C"]),
            purpose: "read the control data of \(member.fileName)", kind: .integrity)
        return try ControlStanza.parse(text, source: member.fileName)
    }
}
