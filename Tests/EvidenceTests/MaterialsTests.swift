import Debian
import Diagnostics
import Digest
import HostSystem
import Planning
import Store
import SystemPackage
import TestSupport
import Testing
import Workflow

@testable import Evidence

/// What a rebuild takes, brought into an empty store.
@Suite struct MaterialsTests {
    /// A real package in a store, and evidence of a build whose root is made of it.
    private func withStore(
        _ body: (ArtifactStore, EvidenceFixture, RebuildMaterials) async throws -> Void
    ) async throws {
        try await Scratch.with { folder in
            let runner = SubprocessRunner()
            let tree = folder.appending("tree")
            try Files.createDirectory(tree.appending("DEBIAN"))
            try Files.write(
                """
                Package: libc6
                Version: 2.36-9
                Architecture: amd64
                Maintainer: A <a@example.org>
                Description: a library
                 in two lines

                """, to: tree.appending("DEBIAN/control"))
            let deb = folder.appending("libc6.deb")
            _ = try await runner.output(
                of: Command("dpkg-deb", ["-Znone", "--build", tree.string, deb.string]),
                purpose: "build a package")
            let home = Home(folder.appending("home"))
            for place in [home.temporary, home.blobs] { try Files.createDirectory(place) }
            let store = ArtifactStore(home: home)
            let bytes = try Files.readBytes(deb)
            try store.insert(bytes)
            var fixture = EvidenceFixture()
            fixture.members = [
                PackageSet.Member(
                    package: "libc6", version: "2.36-9", architecture: "amd64",
                    sha256: SHA256Digest(of: bytes), size: Int64(bytes.count), isBase: true,
                    stanza: "")
            ]
            try await body(store, fixture, RebuildMaterials(store: store, runner: runner))
        }
    }

    private func request(_ fixture: EvidenceFixture) throws -> RebuildRequest {
        try RebuildRequest(
            statement: fixture.provenance().bytes(), named: "a.intoto.json", deb: "a.deb",
            sha256: SHA256Digest(of: EvidenceFixture.debBytes))
    }

    @Test func theStanzasComeBackFromThePackages() async throws {
        try await withStore { _, fixture, materials in
            let sets = try await materials.packageSets(for: request(fixture))
            let member = try #require(sets.first?.members.first)
            #expect(member.withoutStanza == fixture.members[0])
            #expect(
                member.stanza == """
                    Package: libc6
                    Version: 2.36-9
                    Architecture: amd64
                    Maintainer: A <a@example.org>
                    Description: a library
                     in two lines
                    Size: \(member.size)
                    SHA256: \(member.sha256)

                    """)
        }
    }

    @Test func whatIsMissingIsNamedAndTheFilesOfTheProjectAreNot() async throws {
        try await withStore { store, fixture, materials in
            let request = try request(fixture)
            #expect(
                materials.missing(for: request).map(\.name)
                    == ["libjemalloc2_5.3.0-1_amd64.deb", "ruby3.3_3.3.8.orig.tar.xz"])
            try materials.keepFiles(of: request)
            for (path, bytes) in EvidenceFixture.files {
                #expect(store.contains(SHA256Digest(of: bytes)), "\(path)")
            }
        }
    }

    @Test func aPackageThatIsAnotherOneIsRefused() async throws {
        try await withStore { _, fixture, materials in
            var other = fixture
            let member = fixture.members[0]
            other.members = [
                PackageSet.Member(
                    package: member.package, version: "2.37", architecture: "amd64",
                    sha256: member.sha256, size: member.size, isBase: true, stanza: "")
            ]
            let failure = await #expect(throws: Failure.self) {
                try await materials.packageSets(for: request(other))
            }
            #expect(failure?.kind == .integrity)
            #expect(failure?.message.hasSuffix("not libc6 2.37 amd64") == true)
        }
    }

    @Test func aPackageThatIsNotThereIsNamed() async throws {
        try await withStore { store, fixture, materials in
            try Files.remove(store.path(of: fixture.members[0].sha256))
            let failure = await #expect(throws: Failure.self) {
                try await materials.packageSets(for: request(fixture))
            }
            #expect(failure?.kind == .environment)
            #expect(failure?.message == "the package libc6_2.36-9_amd64.deb is not at hand")
        }
    }
}
