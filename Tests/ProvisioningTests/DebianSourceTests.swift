import Diagnostics
import HostSystem
import Planning
import TestSupport
import Testing

@testable import Provisioning

/// Debian's tarballs come from the mirror's pool, by digest, whatever its indexes say.
@Suite(.enabled(if: Programs.has("curl"), "SKIPPED: curl is not installed here"))
struct DebianSourceTests {
    private static let file = "ruby3.3_3.3.8.orig.tar.xz"
    private static let path = "/debian/pool/main/r/ruby3.3/\(file)"

    private func fetch(_ fixture: DownloadFixture) async throws {
        let fetcher = SourceFetcher(
            store: fixture.store, runner: SubprocessRunner(),
            mirror: { Mirror(option: fixture.address("/debian"), security: nil) },
            // What upstream addresses may be is no matter of the mirror's.
            protocols: .secure, architecture: "amd64", limits: fixture.limits, sleep: { _ in })
        _ = try await fetcher.fetch(
            FetchOperation(
                origin: .debian(
                    suite: "gone", package: "ruby3.3", version: "3.3.8-2", file: Self.file),
                sha256: DownloadFixture.digest, size: Int64(DownloadFixture.bytes.count)),
            events: { _ in })
    }

    @Test func theMirrorsPoolHasThem() async throws {
        try await DownloadFixture.with([Self.path: .bytes(DownloadFixture.bytes)]) { fixture in
            try await fetch(fixture)
            try fixture.expectStored()
            #expect(fixture.server.requests == [Self.path])
        }
    }

    @Test func otherBytesOfTheMirrorAreRefused() async throws {
        try await DownloadFixture.with([Self.path: .bytes(DownloadFixture.otherBytes)]) { fixture in
            let failure = await #expect(throws: Failure.self) { try await fetch(fixture) }
            #expect(failure?.kind == .integrity)
            try fixture.expectNothingStored()
        }
    }

    @Test func withoutTheFileAptIsAskedAndBothAreSaid() async throws {
        try await DownloadFixture.with([:]) { fixture in
            let failure = try #require(
                await #expect(throws: Failure.self) { try await fetch(fixture) })
            #expect(failure.kind == .environment)
            #expect(failure.message.hasPrefix("could not download \(Self.file)"))
            #expect(failure.details.contains { $0.contains("404") })
            #expect(failure.details.contains { $0.hasPrefix("with apt: ") })
            #expect(fixture.server.requests.contains { $0.contains("/dists/gone/") })
            try fixture.expectNothingStored()
        }
    }

    @Test func poolFoldersFollowTheArchivesLayout() {
        let mirror = Mirror(archive: "http://a/debian", security: "http://a/debian-security")
        #expect(
            SourceFetcher.poolAddresses(
                of: "libffi_3.orig.tar.xz", package: "libffi", mirror: mirror)
                == [
                    "http://a/debian/pool/main/libf/libffi/libffi_3.orig.tar.xz",
                    "http://a/debian-security/pool/main/libf/libffi/libffi_3.orig.tar.xz",
                ])
    }
}
