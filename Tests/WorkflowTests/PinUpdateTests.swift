import Diagnostics
import Digest
import HostSystem
import Lock
import Recipe
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Workflow

/// `pin update --ruby` and `pin check`, with upstream and mirror on loopback.
@Suite struct PinUpdateTests {
    private static let tarball = "5ae28a87a59a3e4ad66bc2931d232dbab953d0aa8f6baf3bc4f8f80977c89cab"

    /// A line as upstream's list has it.
    private static func line(_ version: String, _ sha256: String) -> String {
        let url = "https://cache.ruby-lang.org/pub/ruby/3.3/ruby-\(version).tar.gz"
        return "ruby-\(version)\t\(url)\t\(sha256.prefix(40))\t\(sha256)\t\(sha256)\(sha256)\n"
    }

    private static func index(_ lines: String...) -> LoopbackServer.Answer {
        .bytes(Array(("name\turl\tsha1\tsha256\tsha512\n" + lines.joined()).utf8))
    }

    private func with(
        _ index: LoopbackServer.Answer, _ body: (PinFixture) async throws -> Void
    ) async throws {
        try await PinFixture.with({ packages in
            PinFixture.everything(packages).merging(["/index.txt": index]) { $1 }
        }) { fixture, _ in try await body(fixture) }
    }

    @Test func whatDidNotChangeDoesNotMove() async throws {
        try await with(Self.index(Self.line("3.3.8", Self.tarball))) { fixture in
            let before = try Files.readText(fixture.lockFile)
            let report = try await fixture.update()
            #expect(report.moves == [])
            #expect(report.appeared == [])
            #expect(report.withdrawn == [])
            #expect(try Files.readText(fixture.lockFile) == before)
        }
    }

    @Test func aReleaseThatWasWithdrawnIsTold() async throws {
        try await with(Self.index(Self.line("3.3.7", Self.tarball))) { fixture in
            let withdrawn = try await fixture.update().withdrawn
            #expect(withdrawn == [PinFixture.version])
        }
    }

    @Test func anArchiveThatChangedIsRefusedAndNothingMoves() async throws {
        let other = SHA256Digest(of: "other").hex
        try await with(Self.index(Self.line("3.3.8", other))) { fixture in
            try fixture.edit("Recipes/variants/jemalloc.yaml", "summary: ", "summary: well, ")
            let before = try Files.readText(fixture.lockFile)
            let failure = try await #require(throws: Failure.self) {
                try await fixture.update()
            }
            #expect(failure.kind == .integrity)
            #expect(failure.details[0].contains(other))
            #expect(failure.details[0].contains(Self.tarball))
            #expect(try Files.readText(fixture.lockFile) == before)
        }
    }

    @Test func aMissingListIsNamed() async throws {
        try await with(.status(404)) { fixture in
            let failure = try await #require(throws: Failure.self) {
                try await fixture.update()
            }
            #expect(failure.kind == .environment)
            #expect(failure.message.contains(fixture.server.address("/index.txt")))
        }
    }

    @Test func aReleaseThatAppearsComesWithItsRecipe() async throws {
        let digest = SHA256Digest(of: "new").hex
        try await with(
            Self.index(Self.line("3.3.8", Self.tarball), Self.line("3.3.9", digest))
        ) { fixture in
            let appeared = try await fixture.update().appeared
            #expect(appeared.map(\.version.description) == ["3.3.9"])
            #expect(appeared[0].recipe.contains("        sha256: \(digest)\n"))
            // The lock has what recipes have, and those are people's.
            #expect(try fixture.lock().releases.map(\.version) == [PinFixture.version])
        }
    }

    @Test func aChangedRecipeMovesTheLockAndRaisesTheRevision() async throws {
        try await with(Self.index(Self.line("3.3.8", Self.tarball))) { fixture in
            try fixture.edit("Recipes/variants/jemalloc.yaml", "summary: ", "summary: well, ")
            let moves = try await fixture.update().moves
            #expect(moves.map(\.kind) == [.release, .recipe])
            #expect(moves[0].after == "revision 2")
            #expect(moves[1].name == "Recipes/variants/jemalloc.yaml")
            #expect(try fixture.pins(locked: true).cells[0].release.revision == 2)
        }
    }

    /// An edited recipe is no reason to take newer packages, or to look anything up.
    @Test func onlyRecipesAreFollowedWhenAsked() async throws {
        try await with(.status(404)) { fixture in
            try fixture.edit("Recipes/variants/jemalloc.yaml", "summary: ", "summary: well, ")
            let moves = try await fixture.update(.recipes).moves
            #expect(moves.map(\.kind) == [.release, .recipe])
            #expect(fixture.server.requests == [])
            #expect(try fixture.pins(locked: true).note == nil)
        }
    }

    /// The recipe says Debian's archive, which the mirror does not have; upstream's is listed too.
    @Test func aSourceThatCannotBeHadGivesWayToTheOtherOfTheRecipe() async throws {
        let bytes = Array("a tarball".utf8)
        let digest = SHA256Digest(of: bytes).hex
        try await PinFixture.with({ packages in
            var answers = PinFixture.everything(packages)
            answers[PinFixture.source] = nil
            answers["/index.txt"] = Self.index(Self.line("3.3.8", digest))
            return answers
        }) { fixture, packages in
            try fixture.edit("Recipes/ruby/3.3.yaml", Self.tarball, digest)
            let context = fixture.context()
            try await context.exclusively("a test") { try context.store.insert(bytes) }
            let moves = try await fixture.update().moves
            #expect(moves.map(\.kind) == [.release, .source])
            #expect(moves.first?.after == "revision 2")
            #expect(moves.last?.after == "upstream ruby-3.3.8.tar.gz")
            #expect(
                fixture.notes.all.contains(
                    "ruby3.3_3.3.8.orig.tar.xz cannot be had: 3.3.8 is pinned to"
                        + " ruby-3.3.8.tar.gz"))
            // The build takes what is pinned.
            let cell = try #require(try fixture.pins(locked: true).cells.first)
            #expect(cell.release.source.fileName == "ruby-3.3.8.tar.gz")
        }
    }

    @Test func aRepositoryRaisesTheRevision() async throws {
        try await with(Self.index(Self.line("3.3.8", Self.tarball))) { fixture in
            let repository = fixture.folder.appending("repository")
            let folder = repository.pushing("dists/bookworm/main/binary-amd64")
            try Files.createDirectory(folder)
            let stanzas = [
                ("3.3.8-2+deb12", "lapidary-ruby-3.3.8-plain"),
                ("3.3.8-4+deb12", "lapidary-ruby-3.3-plain"),
                ("3.3.8-9+deb12", "acme-ruby-3.3-plain"),
            ].map { version, name in
                """
                Package: \(name)
                Version: \(version)
                Architecture: amd64
                Filename: pool/main/l/\(name).deb
                Size: 1
                SHA256: \(SHA256Digest(of: name))

                """
            }
            try Files.write(stanzas.joined(separator: "\n"), to: folder.appending("Packages"))
            let moves = try await fixture.update(against: "file://\(repository)").moves
            #expect(moves.map(\.kind) == [.release])
            #expect(moves.first?.after == "revision 4")
        }
    }

    @Test func anUnpublishedRepositoryIsToldOf() async throws {
        try await with(Self.index(Self.line("3.3.8", Self.tarball))) { fixture in
            let moves = try await fixture.update(against: fixture.server.address("/none")).moves
            #expect(moves == [])
            #expect(
                fixture.notes.all.contains { $0.hasSuffix("has no packages of bookworm/amd64 yet") }
            )
        }
    }
}

/// `pin check`.
@Suite struct PinCheckTests {
    private func check(_ fixture: PinFixture) async throws -> PinCheckReport {
        try await PinCheck(context: fixture.context()).run()
    }

    @Test func aLockOfWhichAllCanBeHadHolds() async throws {
        try await PinFixture.with { fixture, packages in
            let report = try await check(fixture)
            #expect(report.failure == nil)
            #expect(report.files == packages.count + 1)
            #expect(report.downloadable == packages.count + 1)
            #expect(try Files.names(in: fixture.home.blobs) == [])
        }
    }

    @Test func whatIsInTheStoreIsNotAskedFor() async throws {
        try await PinFixture.with { fixture, packages in
            _ = try await fixture.obtain()
            let before = fixture.server.requests.count
            let report = try await check(fixture)
            #expect(report.downloadable == 1)
            #expect(Array(fixture.server.requests[before...]).contains(PinFixture.source))
            #expect(!fixture.server.requests[before...].contains(packages[0].path))
        }
    }

    @Test func aFileThatIsNowhereIsNamed() async throws {
        try await PinFixture.with({ packages in
            var answers = PinFixture.everything(packages)
            answers[packages[1].path] = nil
            return answers
        }) { fixture, _ in
            let failure = try #require(try await check(fixture).failure)
            #expect(failure.kind == .integrity)
            #expect(
                failure.message
                    == "`lapidary.lock` does not hold: tool_2-3_amd64.deb is neither in the store"
                    + " nor on the mirror")
        }
    }

    /// A server that is ill does not say that a file is gone.
    @Test func aMirrorThatFailsIsNoReasonToMoveOn() async throws {
        try await PinFixture.with({ packages in
            var answers = PinFixture.everything(packages)
            answers[packages[1].path] = .status(503)
            return answers
        }) { fixture, _ in
            let failure = try #require(try await check(fixture).failure)
            #expect(failure.kind == .environment)
            #expect(failure.message.contains("tool_2-3_amd64.deb cannot be asked for: HTTP 503"))
        }
    }

    @Test func aStaleLockNamesTheRecipe() async throws {
        try await PinFixture.with { fixture, _ in
            try fixture.edit("Recipes/ruby/3.3.yaml", "- --enable-shared", "- --disable-shared")
            let failure = try #require(try await check(fixture).failure)
            #expect(failure.kind == .integrity)
            #expect(
                failure.message
                    == "`lapidary.lock` does not hold: `Recipes/ruby/3.3.yaml` changed what it says"
                    + " of 3.3.8")
        }
    }
}
