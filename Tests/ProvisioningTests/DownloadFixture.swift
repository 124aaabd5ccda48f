import Diagnostics
import Digest
import HostSystem
import Planning
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Provisioning

/// A home, a server of the test's own, and a fetcher that hurries.
struct DownloadFixture {
    /// The archive of the tests: long enough to be broken off and gone on from.
    static let bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    static let digest = SHA256Digest(of: bytes)
    /// As long as the archive, with other bytes.
    static let otherBytes = bytes.map { ~$0 }
    /// Where most tests break an answer off.
    static let half = 10_000
    static let path = "/ruby.tar.gz"

    let home: Home
    let server: LoopbackServer
    let pauses = Recorder<Duration>()
    let events = Recorder<Downloader.Event>()
    var limits = Downloader.Limits(
        connectSeconds: 30, stallSpeed: 1, stallSeconds: 60, totalSeconds: 300, attempts: 3,
        firstPause: .seconds(1), longestPause: .seconds(60), redirects: 3,
        progressInterval: .milliseconds(20))
    var runner: any CommandRunner = SubprocessRunner()

    /// The same, with little patience for a server that stalls.
    var hasty: DownloadFixture {
        var copy = self
        copy.limits.stallSeconds = 2
        return copy
    }

    var store: ArtifactStore { ArtifactStore(home: home) }
    var part: FilePath { home.downloads.appending("\(Self.digest).part") }

    static func with(
        _ answer: LoopbackServer.Answer, _ body: (DownloadFixture) async throws -> Void
    ) async throws {
        try await with([path: answer], body)
    }

    static func with(
        _ answers: [String: LoopbackServer.Answer],
        _ body: (DownloadFixture) async throws -> Void
    ) async throws {
        try await Scratch.with { folder in
            let home = Home(folder)
            try await home.exclusively(holder: "a test", wait: false, onWait: { _ in }) {
                try await LoopbackServer.with(answers) { server in
                    try await body(DownloadFixture(home: home, server: server))
                }
            }
        }
    }

    /// The address of a path, on the test's server.
    func address(_ path: String = path) -> String { server.address(path) }

    @discardableResult
    func fetch(
        _ addresses: [String]? = nil, protocols: Downloader.Protocols = .any
    ) async throws -> FileDigests {
        let fetcher = SourceFetcher(
            store: store, runner: runner,
            mirror: { throw Failure(.internalError, "no mirror is wanted") },
            protocols: protocols, architecture: "amd64", limits: limits,
            sleep: { [pauses] in pauses.add($0) })
        return try await fetcher.fetch(
            FetchOperation(
                origin: .upstream(addresses: addresses ?? [address()]), sha256: Self.digest,
                size: Int64(Self.bytes.count)), events: { [events] in events.add($0) })
    }

    /// Fetches what cannot be had, and gives what was said of it.
    func failure(
        _ addresses: [String]? = nil, protocols: Downloader.Protocols = .any,
        sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) async throws -> Failure {
        let failure = await #expect(throws: Failure.self, sourceLocation: sourceLocation) {
            try await fetch(addresses, protocols: protocols)
        }
        return try #require(failure, sourceLocation: sourceLocation)
    }

    /// One address failed for this reason.
    func expect(
        _ failure: Failure, _ kind: Failure.Kind, _ reason: String,
        sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) {
        #expect(failure.kind == kind, sourceLocation: sourceLocation)
        #expect(
            failure.message == "could not download ruby.tar.gz from \(address()): \(reason)",
            sourceLocation: sourceLocation)
        #expect(failure.details == [], sourceLocation: sourceLocation)
    }

    /// The right bytes are in the store, and nothing else is anywhere.
    func expectStored(sourceLocation: Testing.SourceLocation = #_sourceLocation) throws {
        let stored = try #require(try store.verified(Self.digest), sourceLocation: sourceLocation)
        #expect(try Files.readBytes(stored) == Self.bytes, sourceLocation: sourceLocation)
        #expect(try kept(in: home.blobs).count == 1, sourceLocation: sourceLocation)
        #expect(try kept(in: home.downloads) == [], sourceLocation: sourceLocation)
        #expect(try kept(in: home.temporary) == [], sourceLocation: sourceLocation)
    }

    /// Nothing entered the store; of the download, this many bytes are kept, nil for no file.
    func expectNothingStored(
        part bytes: Int? = nil, sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) throws {
        #expect(try kept(in: home.blobs) == [], sourceLocation: sourceLocation)
        #expect(try kept(in: home.temporary) == [], sourceLocation: sourceLocation)
        let found = try kept(in: home.downloads)
        #expect(
            found == (bytes == nil ? [] : ["\(Self.digest).part"]), sourceLocation: sourceLocation)
        if let bytes {
            #expect(try Files.size(of: part) == bytes, sourceLocation: sourceLocation)
        }
    }

    private func kept(in folder: FilePath) throws -> [String] {
        try FileTree.entries(below: folder).filter { $0.kind != .folder }.map(\.path)
    }
}
