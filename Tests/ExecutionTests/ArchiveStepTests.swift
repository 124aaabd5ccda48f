import Diagnostics
import Digest
import HostSystem
import Planning
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// A step that unpacks an archive of others, as the build of Ruby has one.
@Suite(.enabled(if: Programs.has("bwrap"), "SKIPPED: bubblewrap is not installed here"))
struct ArchiveStepTests {
    private static let unpack = [
        "tar", "--extract", "--file=/inputs/source", "--strip-components=1", "--no-same-owner",
        "--no-same-permissions", "--directory=/build",
    ]

    /// Unpacks an archive into /build and keeps a listing of it.
    private func action(
        _ tar: TarWriter, isGuarded: Bool, in fixture: ExecutionFixture
    ) throws -> Action {
        try fixture.store.insert(tar.archive)
        let archive = StepsOperation.Archive(path: "/inputs/source", strippedComponents: 1)
        return Action(
            id: ActionID("compile it"),
            inputs: [
                "root": .blob(ExecutionFixture.root),
                "source": .blob(SHA256Digest(of: tar.archive)),
            ],
            operation: .steps(
                StepsOperation(
                    steps: [
                        .init(
                            "unpack", Self.unpack, in: "/build", archive: isGuarded ? archive : nil),
                        .init("look", ["sh", "-c", "ls /build > /outputs/out"], in: "/build"),
                    ], environment: [:], outputs: ["out": "out"])))
    }

    @Test func aGoodArchiveIsLookedAtAndUnpacked() async throws {
        var tar = TarWriter()
        tar.add("ruby/gc.c", body: [0x0A])
        try await ExecutionFixture.with { fixture in
            let text = try await fixture.text(try action(tar, isGuarded: true, in: fixture))
            #expect(text == "gc.c\n")
            let steps = fixture.events.all.compactMap { event in
                if case .step(_, let title) = event { title } else { nil }
            }
            #expect(steps == ["look at the archive", "unpack", "look"])
        }
    }

    @Test func aHostileArchiveIsRefusedBeforeAnythingIsUnpacked() async throws {
        var tar = TarWriter()
        tar.add("ruby/gc.c", body: [0x0A])
        tar.add("ruby//build/stolen", body: [0x0A])
        try await ExecutionFixture.with { fixture in
            let action = try action(tar, isGuarded: true, in: fixture)
            let failure = await #expect(throws: Failure.self) {
                try await fixture.executor().run(Plan([action]))
            }
            #expect(failure?.kind == .failed)
            #expect(
                failure?.message == "the source archive of `compile it` is refused:"
                    + " `ruby//build/stolen` has an empty part in its name")
            #expect(failure?.hint?.contains("nothing of it was unpacked") == true)
            #expect(!fixture.events.all.contains(.step(action.id, "unpack")))
            try fixture.expectNoLeftovers()
            try fixture.expectNoResults()
        }
    }

    @Test func whatNobodyGuardsIsContained() async throws {
        // Stripped, this is the absolute name `/etc/stolen` to tar; the root is read-only.
        var tar = TarWriter()
        tar.add("ruby//etc/stolen", body: [0x0A])
        try await ExecutionFixture.with { fixture in
            let action = try action(tar, isGuarded: false, in: fixture)
            let failure = await #expect(throws: Failure.self) {
                try await fixture.executor().run(Plan([action]))
            }
            #expect(failure?.message.contains("failed at step `unpack`") == true)
            #expect(failure?.details.contains { $0.contains("Read-only file system") } == true)
            let root = fixture.home.roots.appending(ExecutionFixture.root.hex)
            #expect(!Files.exists(root.pushing("etc/stolen")))
            #expect(!Files.exists("/etc/stolen"))
        }
    }
}
