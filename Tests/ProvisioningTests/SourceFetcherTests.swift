import Diagnostics
import Digest
import HostSystem
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Provisioning

private typealias Fixture = DownloadFixture

/// Upstream sources from servers that are honest, if not always there.
@Suite(.enabled(if: Programs.has("curl"), "SKIPPED: curl is not installed here"))
struct SourceFetcherTests {
    @Test func goodBytesEnterTheStore() async throws {
        try await Fixture.with(.bytes(Fixture.bytes)) { fixture in
            #expect(try await fixture.fetch().sha256 == Fixture.digest)
            try fixture.expectStored()
        }
    }

    @Test func theNextAddressIsTriedWhenOneHasNoFile() async throws {
        try await Fixture.with(["/second": .bytes(Fixture.bytes)]) { fixture in
            try await fixture.fetch(["/first", "/second"].map(fixture.address))
            try fixture.expectStored()
            #expect(fixture.server.requests == ["/first", "/second"])
        }
    }

    @Test func theNextAddressIsTriedWhenOneHasOtherBytes() async throws {
        let answers: [String: LoopbackServer.Answer] = [
            "/first": .bytes(Fixture.otherBytes), "/second": .bytes(Fixture.bytes),
        ]
        try await Fixture.with(answers) { fixture in
            try await fixture.fetch(["/first", "/second"].map(fixture.address))
            try fixture.expectStored()
        }
    }

    @Test func theNextAddressGoesOnWhereTheFirstBrokeOff() async throws {
        let answers: [String: LoopbackServer.Answer] = [
            "/first": .sequence([
                .brokenOff(Fixture.bytes, after: Fixture.half, then: .close), .status(404),
            ]),
            "/second": .ranged(Fixture.bytes),
        ]
        try await Fixture.with(answers) { fixture in
            try await fixture.fetch(["/first", "/second"].map(fixture.address))
            try fixture.expectStored()
            #expect(fixture.server.requests == ["/first", "/first", "/second"])
            #expect(fixture.server.starts == [nil, Fixture.half, Fixture.half])
        }
    }

    @Test func otherBytesCountEvenWhenTheLastAddressHasNoFile() async throws {
        try await Fixture.with(["/first": .bytes(Fixture.otherBytes)]) { fixture in
            let failure = try await fixture.failure(["/first", "/second"].map(fixture.address))
            #expect(failure.kind == .integrity)
            #expect(
                failure.details == [
                    "\(fixture.address("/first")): gave other bytes:"
                        + " expected sha256 \(Fixture.digest),"
                        + " got \(SHA256Digest(of: Fixture.otherBytes))",
                    "\(fixture.address("/second")): HTTP 404",
                ])
            try fixture.expectNothingStored()
        }
    }

    @Test func withoutAnyAnswerEveryAddressIsNamedWithItsReason() async throws {
        try await Fixture.with(["/second": .status(403)]) { fixture in
            let addresses = [fixture.address("/first"), fixture.address("/second")]
            let failure = try await fixture.failure(addresses)
            #expect(failure.kind == .environment)
            #expect(failure.message == "could not download first from any of its 2 addresses")
            #expect(failure.details == ["\(addresses[0]): HTTP 404", "\(addresses[1]): HTTP 403"])
            try fixture.expectNothingStored()
        }
    }

    @Test func twoRunsAtOnceDownloadOnce() async throws {
        let answers = [Fixture.path: LoopbackServer.Answer.bytes(Fixture.bytes)]
        try await Scratch.with { folder in
            try await LoopbackServer.with(answers) { server in
                @Sendable func run() async throws -> Bool {
                    let home = Home(folder)
                    return try await home.exclusively(
                        holder: "a test", wait: true, onWait: { _ in }
                    ) {
                        let fixture = Fixture(home: home, server: server)
                        if try fixture.store.verified(Fixture.digest) != nil { return false }
                        try await fixture.fetch()
                        try fixture.expectStored()
                        return true
                    }
                }
                async let first = run()
                async let second = run()
                let fetched = try await [first, second]
                #expect(fetched.count { $0 } == 1)
                #expect(server.requests == [Fixture.path])
            }
        }
    }

    @Test func progressIsToldInBytesOfTheWhole() async throws {
        let answer = LoopbackServer.Answer.sequence([
            .brokenOff(Fixture.bytes, after: Fixture.half, then: .stall), .ranged(Fixture.bytes),
        ])
        try await Fixture.with(answer) { fixture in
            try await fixture.hasty.fetch()
            let half = Downloader.Event.received(
                Int64(Fixture.half), of: Int64(Fixture.bytes.count))
            #expect(fixture.events.all.contains(half))
            let reason = "stalled after 10000 of 20000 bytes (\(fixture.address()))"
            #expect(fixture.events.all.contains(.waiting(.seconds(1), reason: reason)))
        }
    }

    @Test func anUnfinishedDownloadOutlivesAKilledRun() async throws {
        let answer = LoopbackServer.Answer.sequence([
            .brokenOff(Fixture.bytes, after: Fixture.half, then: .stall), .ranged(Fixture.bytes),
        ])
        try await Fixture.with(answer) { fixture in
            let task = Task { try await fixture.fetch() }
            #expect(
                try await eventually {
                    (try? Files.size(of: fixture.part)) == Int64(Fixture.half)
                })
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            try fixture.expectNothingStored(part: Fixture.half)
        }
        // The same home in a later run.
        try await Fixture.with(.ranged(Fixture.bytes)) { fixture in
            try Files.write(Array(Fixture.bytes[..<Fixture.half]), to: fixture.part)
            try await fixture.fetch()
            try fixture.expectStored()
            #expect(fixture.server.starts == [Fixture.half])
        }
    }

    @Test func aPartThatIsWholeNeedsNoServer() async throws {
        try await Fixture.with([:]) { fixture in
            try Files.write(Fixture.bytes, to: fixture.part)
            try await fixture.fetch()
            try fixture.expectStored()
            #expect(fixture.server.requests == [])
        }
    }

    enum UselessPart: CaseIterable {
        case otherBytes, tooLong

        var bytes: [UInt8] { self == .otherBytes ? Fixture.otherBytes : Fixture.bytes + [0] }
    }

    @Test(arguments: UselessPart.allCases)
    func aPartThatCannotBecomeTheFileIsThrownAway(part: UselessPart) async throws {
        try await Fixture.with(.ranged(Fixture.bytes)) { fixture in
            try Files.write(part.bytes, to: fixture.part)
            try await fixture.fetch()
            try fixture.expectStored()
            #expect(fixture.server.starts == [nil])
        }
    }
}
