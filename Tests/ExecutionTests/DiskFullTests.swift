import Diagnostics
import Digest
import HostSystem
import Planning
import Provisioning
import Sandbox
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// A home on a disk that fills up while an action runs.
@Suite(
    .enabled(
        if: SmallDisk.isPossible && Programs.has("bwrap"),
        "SKIPPED: needs bubblewrap, and root to mount a small disk"))
struct DiskFullTests {
    /// The reserve is small, as the disks here are.
    private var limits: Limits {
        var limits = Limits.standard
        limits.reserve = 1_000_000
        return limits
    }

    private func failure(
        _ fixture: ExecutionFixture, _ action: Action,
        sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) async throws -> Failure {
        let error = await #expect(throws: (any Error).self, sourceLocation: sourceLocation) {
            try await fixture.executor(limits: limits, protocols: .any).run(Plan([action]))
        }
        // A failed step comes with its workspace; a full disk must not.
        let failure = try #require(error as? Failure, "\(String(describing: error))")
        #expect(failure.kind == .environment, "\(failure)", sourceLocation: sourceLocation)
        #expect(
            failure.message.hasPrefix("the disk of `\(fixture.home.path)"), "\(failure)",
            sourceLocation: sourceLocation)
        #expect(
            failure.message.contains(#/ is full: [0-9.]+ [kMG]B free, and .*needed/#), "\(failure)",
            sourceLocation: sourceLocation)
        #expect(failure.hint?.contains("free some disk space") == true)
        try fixture.expectNoLeftovers(sourceLocation: sourceLocation)
        try fixture.expectNoResults(sourceLocation: sourceLocation)
        try fixture.expectWholeStore(sourceLocation: sourceLocation)
        return failure
    }

    /// After the failure the next run has room, for nothing half-written takes it.
    private func expectThatWorkGoesOn(_ fixture: ExecutionFixture) async throws {
        let action = fixture.action("next", ["echo made > /outputs/f"], outputs: ["out": "f"])
        let outcomes = try await fixture.executor(limits: limits).run(Plan([action]))
        #expect(try fixture.text(outcomes[action.id]) == "made\n")
        try fixture.expectNoLeftovers()
    }

    @Test func whileASourceIsFetched() async throws {
        try await ExecutionFixture.with(megabytes: 8) { fixture in
            try await Scratch.with { folder in
                let bytes = [UInt8](repeating: 7, count: 12_000_000)
                let file = folder.appending("source.tar")
                try Files.write(bytes, to: file)
                let action = Action(
                    id: ActionID("fetch source.tar"), inputs: [:],
                    operation: .fetch(
                        FetchOperation(
                            origin: .upstream(addresses: ["file://\(file)"]),
                            sha256: SHA256Digest(of: bytes), size: 12_000_000)))
                let failure = try await failure(fixture, action)
                #expect(failure.message.hasSuffix("and 12 MB needed to fetch source.tar"))
                try await expectThatWorkGoesOn(fixture)
            }
        }
    }

    @Test func inTheMiddleOfABuildStep() async throws {
        try await ExecutionFixture.with(megabytes: 20) { fixture in
            let action = fixture.action(
                ["cat /dev/zero > big; cat /dev/zero > /outputs/f"], outputs: ["out": "f"])
            let failure = try await failure(fixture, action)
            #expect(failure.message.hasSuffix("and 1 MB needed to go on"))
            try await expectThatWorkGoesOn(fixture)
        }
    }

    /// The step itself succeeds, and then the store cannot make a folder for its output.
    @Test func whileAnOutputIsAdopted() async throws {
        try await ExecutionFixture.with(megabytes: 20, files: 60) { fixture in
            let fill = "i=0; while touch f$i; do i=$((i+1)); done 2> /dev/null; true"
            let action = fixture.action(
                ["echo made > /outputs/f; \(fill)"], outputs: ["out": "f"])
            let failure = try await failure(fixture, action)
            #expect(failure.message.contains("blobs"), "\(failure)")
            try await expectThatWorkGoesOn(fixture)
        }
    }

    @Test func whileAPackageIsMade() async throws {
        try await ExecutionFixture.with(megabytes: 20) { fixture in
            let archive = try await Self.archive(megabytes: 8, in: fixture)
            let operation = PackageOperation(
                vendor: "lapidary", name: "lapidary-ruby-3.3.8-plain", version: "3.3.8-1+deb12",
                suite: "bookworm", architecture: "amd64", maintainer: "A <a@b.example>",
                homepage: "https://www.ruby-lang.org/", prefix: "/opt/rubies/ruby-3.3.8-plain",
                summary: "Ruby", description: "Ruby", depends: [], debugSymbolsOf: nil, epoch: 1,
                compression: ["-Zxz"])
            let action = Action(
                id: ActionID("package"),
                inputs: ["root": .blob(ExecutionFixture.root), "install": .blob(archive)],
                operation: .package(operation))
            // The archive takes 8 MB, and 8 more when it is unpacked; this takes the rest.
            let filler = fixture.home.logs.appending("filler")
            try Files.write([UInt8](repeating: 0, count: 5_000_000), to: filler)
            _ = try await failure(fixture, action)
            try Files.remove(filler)
            try await expectThatWorkGoesOn(fixture)
        }
    }

    /// Puts a tar of one big file into the store.
    private static func archive(megabytes: Int, in fixture: ExecutionFixture) async throws
        -> SHA256Digest
    {
        try await Scratch.with { folder in
            try Files.createDirectory(folder.appending("tree"))
            try Files.write(
                [UInt8](repeating: 1, count: megabytes * 1_000_000),
                to: folder.pushing("tree/big"))
            _ = try await SubprocessRunner().output(
                of: Command(
                    "tar", ["-cf", folder.appending("t.tar").string, "-C", folder.string, "tree"]),
                purpose: "make an archive")
            let bytes = try Files.readBytes(folder.appending("t.tar"))
            try fixture.store.insert(bytes)
            return SHA256Digest(of: bytes)
        }
    }
}
