import Diagnostics
import Digest
import HostSystem
import Lock
import Planning
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Provisioning

/// Downloads and roots in a home whose disk fills up, with the machine's own mirror.
@Suite(
    .serialized,
    .enabled(if: SmallDisk.isPossible, "SKIPPED: only root can mount a small disk"))
struct DiskFullTests {
    private let runner = SubprocessRunner()

    /// Resolves the bare root of this machine's suite, and hands over while apt's lists are there.
    private func resolving<Value>(
        in home: Home, _ body: (PackageSetResolver, PackageSet) async throws -> Value
    ) async throws -> Value {
        let machine = Machine.current()
        let mirror = try await Mirror.ofHost(machine, runner: runner)
        let suite = try #require(machine.codename)
        return try await TemporaryDirectory.with(in: home.temporary, name: "apt") { folder in
            let request = RootRequest(
                suite: suite, architecture: machine.architecture,
                archives: [.init(address: mirror.archive, suite: suite, components: ["main"])],
                keyring: "debian-archive-keyring.gpg", packages: [])
            let apt = try await PrivateApt(
                folder: folder, archives: request.archives, architecture: request.architecture,
                keyring: request.keyring, runner: runner)
            let resolver = PackageSetResolver(apt: apt, store: ArtifactStore(home: home))
            return try await body(resolver, try await resolver.resolve(request))
        }
    }

    private func expectFull(
        _ failure: Failure?, _ needed: String, in home: Home,
        sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) throws {
        #expect(failure?.kind == .environment, sourceLocation: sourceLocation)
        let message = failure?.message ?? ""
        #expect(
            message.hasPrefix("the disk of `\(home.path)") && message.contains(" is full: ")
                && message.contains(needed), "\(String(describing: failure))",
            sourceLocation: sourceLocation)
        let left = try Files.names(in: home.temporary) + Files.names(in: home.roots)
        #expect(left == [], sourceLocation: sourceLocation)
    }

    private func inHome(
        megabytes: Int, _ body: (Home) async throws -> Void
    ) async throws {
        try await SmallDisk.with(megabytes: megabytes) { disk in
            let home = Home(disk)
            try await home.exclusively(holder: "a test", wait: false, onWait: { _ in }) {
                try await body(home)
            }
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func whileThePackageListsAreRead() async throws {
        try await inHome(megabytes: 6) { home in
            let failure = await #expect(throws: Failure.self) {
                try await resolving(in: home) { _, _ in }
            }
            try expectFull(failure, "more needed to go on", in: home)
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func whilePackagesAreDownloadedAndTheirRootIsMade() async throws {
        try await inHome(megabytes: 240) { home in
            let filler = home.logs.appending("filler")
            let failure = await #expect(throws: Failure.self) {
                try await resolving(in: home) { resolver, set in
                    let free = try Files.freeBytes(at: home.path)
                    try Files.write([UInt8](repeating: 0, count: Int(free) - 5_000_000), to: filler)
                    try await resolver.download(set.members, of: set.suite)
                }
            }
            try expectFull(failure, "MB needed to download the packages of", in: home)
            try Files.remove(filler)
            // With room again it goes on; then there is none for the root.
            let set = try await resolving(in: home) { resolver, set in
                try await resolver.download(set.members, of: set.suite)
                return set
            }
            let store = ArtifactStore(home: home)
            let full = await #expect(throws: Failure.self) {
                try await RootAssembler(store: store, runner: runner).assemble(
                    set, baseOnly: true, epoch: 1, log: home.logs.appending("root.log"))
            }
            try expectFull(full, "MB needed to make the \(set.suite) root", in: home)
            for member in set.members { #expect(try store.verified(member.sha256) != nil) }
            // mmdebstrap that meets the end of the disk by itself is understood as well.
            let small = PackageSet(
                suite: set.suite, architecture: set.architecture, request: set.request,
                members: set.members.map {
                    PackageSet.Member(
                        package: $0.package, version: $0.version, architecture: $0.architecture,
                        sha256: $0.sha256, size: $0.size / 100, isBase: $0.isBase,
                        stanza: $0.stanza.replacing(/\nInstalled-Size: [0-9]+/, with: ""))
                })
            let during = await #expect(throws: Failure.self) {
                try await RootAssembler(store: store, runner: runner).assemble(
                    small, baseOnly: true, epoch: 1, log: home.logs.appending("root.log"))
            }
            try expectFull(during, "more needed to go on", in: home)
        }
    }
}
