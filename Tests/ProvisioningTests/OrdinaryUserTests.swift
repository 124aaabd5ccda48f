import Digest
import Foundation
import HostSystem
import Lock
import Planning
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Provisioning

/// A bare root of real packages, made by root and by an ordinary user.
@Suite(
    .enabled(
        if: OrdinaryUser.isPossible && Programs.has("mmdebstrap"),
        "SKIPPED: needs root, useradd, newuidmap and mmdebstrap"))
struct OrdinaryUserTests {
    private static let epoch = 1_577_836_800

    /// The bare package set of this machine's own suite, with its packages in a home's store.
    private func packageSet(in home: Home) async throws -> PackageSet {
        let runner = SubprocessRunner()
        let machine = Machine.current()
        let mirror = try await Mirror.ofHost(machine, runner: runner)
        let suite = try #require(machine.codename)
        return try await TemporaryDirectory.with(in: home.temporary, name: "apt") { folder in
            let request = RootRequest(
                suite: suite, architecture: machine.architecture,
                archives: [
                    .init(address: mirror.archive, suite: suite, components: ["main"])
                ], keyring: "debian-archive-keyring.gpg", packages: [])
            let apt = try await PrivateApt(
                folder: folder, archives: request.archives, architecture: request.architecture,
                keyring: request.keyring, runner: runner)
            let resolver = PackageSetResolver(apt: apt, store: ArtifactStore(home: home))
            let set = try await resolver.resolve(request)
            try await resolver.download(set.members, of: set.suite)
            return set
        }
    }

    /// Makes the root and gives the digest of its tar.
    static func assemble(_ set: PackageSet, in home: Home) async throws -> String {
        try await home.exclusively(holder: "a test", wait: false, onWait: { _ in }) {
            let log = home.logs.appending("root.log")
            let store = ArtifactStore(home: home)
            return try await RootAssembler(store: store, runner: SubprocessRunner())
                .assemble(set, baseOnly: true, epoch: epoch, log: log).sha256.hex
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func theRootHasTheSameDigest() async throws {
        try await OrdinaryUser.with { user in
            try await Scratch.with { folder in
                try Files.setMode(0o755, of: folder)
                let home = Home(folder.appending("root"))
                let set = try await home.exclusively(
                    holder: "a test", wait: false, onWait: { _ in }
                ) { try await packageSet(in: home) }
                // As a user's folders often are: closed to everybody else.
                let theirs = folder.appending("user")
                try Files.createDirectory(theirs, mode: 0o700)
                try FileManager.default.copyItem(
                    atPath: home.blobs.string, toPath: theirs.appending("blobs").string)
                try Files.write(
                    Array(try JSONEncoder().encode(set)), to: theirs.appending("set.json"))
                _ = try await SubprocessRunner().output(
                    of: Command("chown", ["-R", "\(user.uid):\(user.gid)", theirs.string]),
                    purpose: "give the user a home")
                await #expect(processExitsWith: .success) {
                    [user = user as OrdinaryUser, path = theirs.string as String] in
                    user.become()
                    let bytes = try Files.readBytes(FilePath(path).appending("set.json"))
                    let set = try JSONDecoder().decode(PackageSet.self, from: Data(bytes))
                    let home = Home(FilePath(path))
                    let digest = try await OrdinaryUserTests.assemble(set, in: home)
                    try Files.write(digest, to: home.path.appending("digest"))
                    // Also the folders that belong to other ids go.
                    try await Files.removeTree(home.roots)
                    try #require(try Files.names(in: home.temporary) == [])
                }
                let digest = try await Self.assemble(set, in: home)
                let theirDigest = try Files.readText(theirs.appending("digest"))
                #expect(theirDigest == digest)
                print("bare root of \(set.suite): root \(digest), user \(theirDigest)")
            }
        }
    }
}
