import Diagnostics
import Digest
import HostSystem
import Planning
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Provisioning

/// Upstream sources, over a server of the test's own.
@Suite(.enabled(if: Programs.has("curl"), "SKIPPED: curl is not installed here"))
struct SourceFetcherTests {
    private static let bytes = Array("a source archive\n".utf8)
    private static let digest = SHA256Digest(of: bytes)

    private struct Fixture {
        let home: Home
        var store: ArtifactStore { ArtifactStore(home: home) }

        func fetch(
            _ addresses: [String], size: Int = bytes.count,
            protocols: SourceFetcher.Protocols = .any
        ) async throws -> FileDigests {
            let fetcher = SourceFetcher(
                store: store, runner: SubprocessRunner(),
                mirror: { throw Failure(.internalError, "no mirror is wanted") },
                protocols: protocols, architecture: "amd64")
            return try await fetcher.fetch(
                FetchOperation(
                    origin: .upstream(addresses: addresses), sha256: digest, size: Int64(size)))
        }

        /// The files of the store and of unfinished work.
        func kept() throws -> [String] {
            try [home.blobs, home.temporary].flatMap { folder in
                try FileTree.entries(below: folder).filter { $0.kind == .file }.map(\.path)
            }
        }

        func expectNothingKept() throws {
            #expect(try kept() == [])
        }
    }

    private func with(
        _ answers: [String: LoopbackServer.Answer],
        _ body: (LoopbackServer, Fixture) async throws -> Void
    ) async throws {
        try await Scratch.with { folder in
            let home = Home(folder)
            try await home.exclusively(holder: "a test", wait: false, onWait: { _ in }) {
                try await LoopbackServer.with(answers) { server in
                    try await body(server, Fixture(home: home))
                }
            }
        }
    }

    @Test func goodBytesEnterTheStore() async throws {
        try await with(["/ruby.tar.gz": .bytes(Self.bytes)]) { server, fixture in
            let digests = try await fixture.fetch([server.address("/ruby.tar.gz")])
            #expect(digests.sha256 == Self.digest)
            let path = try #require(try fixture.store.verified(Self.digest))
            #expect(try Files.readBytes(path) == Self.bytes)
            #expect(try fixture.kept().count == 1)
        }
    }

    @Test func otherBytesAreRefusedAndNothingIsKept() async throws {
        let evil = Array("another archive!\n".utf8)
        try await with(["/ruby.tar.gz": .bytes(evil)]) { server, fixture in
            let failure = await #expect(throws: Failure.self) {
                try await fixture.fetch([server.address("/ruby.tar.gz")])
            }
            #expect(failure?.kind == .integrity)
            let message = failure?.message ?? ""
            #expect(message.contains(server.address("/ruby.tar.gz")))
            #expect(message.contains("expected sha256 \(Self.digest)"))
            #expect(message.contains("found \(SHA256Digest(of: evil))"))
            try fixture.expectNothingKept()
            #expect(try Files.names(in: fixture.home.temporary) == [])
        }
    }

    @Test func moreBytesThanTheRecipeSaysAreNotDownloaded() async throws {
        let long = [UInt8](repeating: 0x61, count: 100_000)
        try await with(["/ruby.tar.gz": .bytes(long)]) { server, fixture in
            let failure = await #expect(throws: Failure.self) {
                try await fixture.fetch([server.address("/ruby.tar.gz")])
            }
            #expect(failure?.kind == .integrity)
            #expect(failure?.details.contains { $0.contains(server.address("/ruby")) } == true)
            try fixture.expectNothingKept()
        }
    }

    @Test func theNextAddressIsTriedWhenOneHasNoFile() async throws {
        try await with(["/second": .bytes(Self.bytes)]) { server, fixture in
            let digests = try await fixture.fetch(["/first", "/second"].map(server.address))
            #expect(digests.sha256 == Self.digest)
            #expect(server.requests == ["/first", "/second"])
        }
    }

    @Test func theNextAddressIsTriedWhenOneHasOtherBytes() async throws {
        let answers: [String: LoopbackServer.Answer] = [
            "/first": .bytes(Array("bad".utf8)), "/second": .bytes(Self.bytes),
        ]
        try await with(answers) { server, fixture in
            let digests = try await fixture.fetch(["/first", "/second"].map(server.address))
            #expect(digests.sha256 == Self.digest)
            #expect(try fixture.kept().count == 1)
        }
    }

    @Test func otherBytesCountEvenWhenTheLastAddressHasNoFile() async throws {
        try await with(["/first": .bytes(Array("bad".utf8))]) { server, fixture in
            let failure = await #expect(throws: Failure.self) {
                try await fixture.fetch(["/first", "/second"].map(server.address))
            }
            #expect(failure?.kind == .integrity)
            #expect(failure?.details.count == 2)
            try fixture.expectNothingKept()
        }
    }

    @Test func withoutAnyAnswerEveryAddressIsNamedWithItsReason() async throws {
        try await with([:]) { server, fixture in
            let addresses = [server.address("/first"), server.address("/second")]
            let failure = await #expect(throws: Failure.self) {
                try await fixture.fetch(addresses)
            }
            #expect(failure?.kind == .environment)
            #expect(
                failure?.message == "could not download first from any of its addresses")
            #expect(failure?.details.count == 2)
            for (line, address) in zip(failure?.details ?? [], addresses) {
                #expect(line.hasPrefix("\(address): "))
                #expect(line.contains("404"))
            }
            try fixture.expectNothingKept()
        }
    }

    @Test func redirectionsAreFollowed() async throws {
        let answers: [String: LoopbackServer.Answer] = [
            "/old": .redirect("/new"), "/new": .bytes(Self.bytes),
        ]
        try await with(answers) { server, fixture in
            let digests = try await fixture.fetch([server.address("/old")])
            #expect(digests.sha256 == Self.digest)
        }
    }

    @Test func plainHTTPIsRefusedUnlessAskedFor() async throws {
        try await with(["/ruby.tar.gz": .bytes(Self.bytes)]) { server, fixture in
            let failure = await #expect(throws: Failure.self) {
                try await fixture.fetch([server.address("/ruby.tar.gz")], protocols: .secure)
            }
            #expect(failure?.kind == .environment)
            #expect(server.requests == [])
            try fixture.expectNothingKept()
        }
    }

    @Test func localFilesAreRefusedUnlessAskedFor() async throws {
        try await with([:]) { _, fixture in
            let file = fixture.home.path.appending("file")
            try Files.write(Self.bytes, to: file)
            let failure = await #expect(throws: Failure.self) {
                try await fixture.fetch(["file://\(file)"], protocols: .secure)
            }
            #expect(failure?.kind == .environment)
            let digests = try await fixture.fetch(["file://\(file)"])
            #expect(digests.sha256 == Self.digest)
        }
    }

    @Test func redirectionsToOtherProtocolsAreRefused() async throws {
        try await with(["/old": .redirect("ftp://127.0.0.1:9/x")]) { server, fixture in
            let failure = await #expect(throws: Failure.self) {
                try await fixture.fetch([server.address("/old")])
            }
            #expect(failure?.kind == .environment)
            // Not tried at all: it is the protocol that curl complains of (exit code 1).
            #expect(failure?.details.first?.contains("curl: (1) ") == true)
        }
    }
}

@Suite struct LocalPoolTests {
    @Test func aPoolHasEveryPackageUnderItsNameAndAnIndex() async throws {
        try await Scratch.with { folder in
            let home = Home(folder.appending("home"))
            let index = try await home.exclusively(
                holder: "a test", wait: false, onWait: { _ in }
            ) {
                let store = ArtifactStore(home: home)
                try store.insert(Array("deb".utf8))
                let member = PackageSet.Member(
                    package: "tool", version: "1:2-3", architecture: "amd64",
                    sha256: SHA256Digest(of: "deb"), size: 3, isBase: true,
                    stanza: "Package: tool\nVersion: 1:2-3\n\n")
                let pool = folder.appending("pool")
                try Files.createDirectory(pool)
                try LocalPool.make(of: [member], in: pool, store: store)
                #expect(try Files.readText(pool.appending("tool_2-3_amd64.deb")) == "deb")
                return try Files.readText(pool.appending("Packages"))
            }
            #expect(
                index == "Package: tool\nVersion: 1:2-3\nFilename: ./tool_2-3_amd64.deb\n\n")
        }
    }
}
