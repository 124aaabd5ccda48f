import Diagnostics
import Digest
import HostSystem
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Provisioning

private typealias Fixture = DownloadFixture

/// Upstream sources from servers that break off, lie or change their mind.
@Suite(.enabled(if: Programs.has("curl"), "SKIPPED: curl is not installed here"))
struct BadServerTests {
    private static let size = Fixture.bytes.count

    @Test func otherBytesAreRefusedAndNothingIsKept() async throws {
        try await Fixture.with(.bytes(Fixture.otherBytes)) { fixture in
            let failure = try await fixture.failure()
            fixture.expect(
                failure, .integrity,
                "gave other bytes: expected sha256 \(Fixture.digest),"
                    + " got \(SHA256Digest(of: Fixture.otherBytes))")
            try fixture.expectNothingStored()
            #expect(fixture.server.requests.count == 1)
        }
    }

    @Test(arguments: [LoopbackServer.Ending.close, .reset])
    func aTruncatedDownloadGoesOnWhereItStopped(ending: LoopbackServer.Ending) async throws {
        let answer = LoopbackServer.Answer.sequence([
            .brokenOff(Fixture.bytes, after: Fixture.half, then: ending), .ranged(Fixture.bytes),
        ])
        try await Fixture.with(answer) { fixture in
            try await fixture.fetch()
            try fixture.expectStored()
            #expect(fixture.server.starts == [nil, Fixture.half])
        }
    }

    @Test func aDownloadThatIsAlwaysTruncatedKeepsWhatCame() async throws {
        try await Fixture.with(.brokenOff(Fixture.bytes, after: 3000, then: .close)) { fixture in
            let failure = try await fixture.failure()
            fixture.expect(failure, .environment, "truncated after 9000 of 20000 bytes")
            try fixture.expectNothingStored(part: 9000)
            #expect(fixture.server.starts == [nil, 3000, 6000])
            // A later run goes on from there.
            await #expect(throws: Failure.self) { try await fixture.fetch() }
            #expect(fixture.server.starts.dropFirst(3) == [9000, 12000, 15000])
        }
    }

    @Test func aStalledDownloadGoesOnWhereItStopped() async throws {
        let answer = LoopbackServer.Answer.sequence([
            .brokenOff(Fixture.bytes, after: Fixture.half, then: .stall), .ranged(Fixture.bytes),
        ])
        try await Fixture.with(answer) { fixture in
            try await fixture.hasty.fetch()
            try fixture.expectStored()
            #expect(fixture.server.starts == [nil, Fixture.half])
        }
    }

    @Test func aServerThatStallsForeverIsGivenUp() async throws {
        try await Fixture.with(.brokenOff(Fixture.bytes, after: 5, then: .stall)) { fixture in
            var once = fixture.hasty
            once.limits.attempts = 1
            let failure = try await once.failure()
            once.expect(failure, .environment, "stalled after 5 of 20000 bytes")
            try once.expectNothingStored(part: 5)
        }
    }

    @Test func theTotalTimeIsBounded() async throws {
        try await Fixture.with(.brokenOff(Fixture.bytes, after: 5, then: .stall)) { fixture in
            var hasty = fixture
            hasty.limits.totalSeconds = 3
            let failure = try await hasty.failure()
            hasty.expect(failure, .environment, "took too long: 5 of 20000 bytes had come")
        }
    }

    @Test func aServerWithoutRangesBeginsAnew() async throws {
        let answer = LoopbackServer.Answer.sequence([
            .body(Array(Fixture.bytes[..<Fixture.half]), claiming: Self.size, then: .close),
            .bytes(Fixture.bytes),
        ])
        try await Fixture.with(answer) { fixture in
            try await fixture.fetch()
            try fixture.expectStored()
            #expect(fixture.server.starts == [nil, Fixture.half, nil])
        }
    }

    @Test func aServerWithoutRangesThatBreaksOffIsNotAskedForRangesAgain() async throws {
        let half = Array(Fixture.bytes[..<Fixture.half])
        try await Fixture.with(.body(half, claiming: Self.size, then: .close)) { fixture in
            let failure = try await fixture.failure()
            fixture.expect(failure, .environment, "truncated after 10000 of 20000 bytes")
            #expect(fixture.server.starts == [nil, Fixture.half, nil, nil])
        }
    }

    @Test func bytesThatChangedSinceTheBreakAreFetchedAnew() async throws {
        let answer = LoopbackServer.Answer.sequence([
            .brokenOff(Fixture.otherBytes, after: Fixture.half, then: .close),
            .ranged(Fixture.bytes),
        ])
        try await Fixture.with(answer) { fixture in
            try await fixture.fetch()
            try fixture.expectStored()
            #expect(fixture.server.starts == [nil, Fixture.half, nil])
        }
    }

    @Test func bytesThatStayWrongAfterABeginningAnewAreRefused() async throws {
        let answer = LoopbackServer.Answer.sequence([
            .brokenOff(Fixture.otherBytes, after: Fixture.half, then: .close),
            .ranged(Fixture.bytes), .ranged(Fixture.otherBytes),
        ])
        try await Fixture.with(answer) { fixture in
            let failure = try await fixture.failure()
            fixture.expect(
                failure, .integrity,
                "gave other bytes: expected sha256 \(Fixture.digest),"
                    + " got \(SHA256Digest(of: Fixture.otherBytes))")
            try fixture.expectNothingStored()
            #expect(fixture.server.starts == [nil, Fixture.half, nil])
        }
    }

    @Test func aFileThatBecameShorterThanThePartIsFetchedAnew() async throws {
        let answer = LoopbackServer.Answer.sequence([.ranged([1, 2, 3]), .bytes(Fixture.bytes)])
        try await Fixture.with(answer) { fixture in
            try Files.write(Array(Fixture.bytes[..<Fixture.half]), to: fixture.part)
            try await fixture.fetch()
            try fixture.expectStored()
            // The server said 416, that it has nothing from there on.
            #expect(fixture.server.starts == [Fixture.half, nil])
        }
    }

    @Test func aLengthAboveTheRecipesIsRefusedUnread() async throws {
        let long = Fixture.bytes + [1, 2, 3]
        try await Fixture.with(.bytes(long)) { fixture in
            let failure = try await fixture.failure()
            fixture.expect(
                failure, .integrity, "has a file of 20003 bytes, and the recipe says 20000")
            try fixture.expectNothingStored()
        }
    }

    @Test(arguments: [
        LoopbackServer.Answer.bytes([1, 2, 3]), .chunked([1, 2, 3]),
        // Breaks off a file that would be wrong anyhow.
        .body([1], claiming: 3, then: .close),
    ])
    func aLengthBelowTheRecipesIsOtherBytes(answer: LoopbackServer.Answer) async throws {
        try await Fixture.with(answer) { fixture in
            let failure = try await fixture.failure()
            fixture.expect(
                failure, .integrity, "has a file of 3 bytes, and the recipe says 20000")
            try fixture.expectNothingStored()
            #expect(fixture.server.requests.count == 1)
        }
    }

    @Test func anEndlessBodyIsCutAtTheRecipesSize() async throws {
        try await Fixture.with(.endless) { fixture in
            let watch = Task {
                var most: Int64 = 0
                while !Task.isCancelled {
                    most = max(most, (try? Files.size(of: fixture.part)) ?? 0)
                    try? await Task.sleep(for: .milliseconds(1))
                }
                return most
            }
            let failure = try await fixture.failure()
            watch.cancel()
            #expect(await watch.value <= Self.size)
            fixture.expect(
                failure, .integrity, "sent more than the 20000 bytes that the recipe says")
            try fixture.expectNothingStored()
        }
    }

    @Test func moreBytesThanClaimedAreNotTaken() async throws {
        // curl reads what was claimed; nothing of the rest reaches the disk.
        let long = Fixture.bytes + [UInt8](repeating: 0, count: 5000)
        try await Fixture.with(.body(long, claiming: Self.size, then: .close)) { fixture in
            try await fixture.fetch()
            try fixture.expectStored()
        }
    }

    @Test func aBodyWithoutLengthThatEndsEarlyIsTruncated() async throws {
        let half = Array(Fixture.bytes[..<Fixture.half])
        let answer = LoopbackServer.Answer.sequence([
            .body(half, claiming: nil, then: .close), .ranged(Fixture.bytes),
        ])
        try await Fixture.with(answer) { fixture in
            try await fixture.fetch()
            try fixture.expectStored()
            #expect(fixture.server.starts == [nil, Fixture.half])
        }
    }

    @Test func aPartIsNotLostToAServerThatHasNoFile() async throws {
        try await Fixture.with([:]) { fixture in
            try Files.write([1, 2, 3], to: fixture.part)
            let failure = try await fixture.failure()
            fixture.expect(failure, .environment, "HTTP 404")
            try fixture.expectNothingStored(part: 3)
        }
    }

    @Test func aFullDiskIsNoFaultOfTheServer() async throws {
        try await Fixture.with(.bytes(Fixture.bytes)) { fixture in
            try Files.remove(fixture.home.downloads)
            try Files.createDirectory(fixture.home.downloads)
            // Writing to /dev/full fails as on a full disk (full(4)).
            _ = try await SubprocessRunner().output(
                of: Command("ln", ["--symbolic", "/dev/full", fixture.part.string]),
                purpose: "make a full disk")
            let failure = try await fixture.failure()
            #expect(failure.kind == .environment)
            #expect(failure.message.hasPrefix("cannot write the download `\(fixture.part)`: "))
            #expect(failure.hint?.contains("free some disk space") == true)
        }
    }
}
