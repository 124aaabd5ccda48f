import Diagnostics
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Provisioning

private typealias Fixture = DownloadFixture

/// Which failures are waited out, and for how long.
@Suite(.enabled(if: Programs.has("curl"), "SKIPPED: curl is not installed here"))
struct RetryTests {
    @Test(arguments: [408, 429, 500, 502, 503, 504])
    func aStatusThatMayPassIsWaitedOut(status: Int) async throws {
        let answer = LoopbackServer.Answer.sequence([.status(status), .bytes(Fixture.bytes)])
        try await Fixture.with(answer) { fixture in
            try await fixture.fetch()
            try fixture.expectStored()
            #expect(fixture.pauses.all == [.seconds(1)])
        }
    }

    @Test(arguments: [400, 401, 403, 404, 410, 451])
    func aStatusThatStaysIsFinal(status: Int) async throws {
        try await Fixture.with(.status(status)) { fixture in
            let failure = try await fixture.failure()
            fixture.expect(failure, .environment, "HTTP \(status)")
            #expect(fixture.pauses.all == [])
            #expect(fixture.server.requests.count == 1)
            try fixture.expectNothingStored()
        }
    }

    @Test func eachPauseIsTwiceAsLongUpToTheLongest() async throws {
        try await Fixture.with(.status(503)) { fixture in
            var stubborn = fixture
            stubborn.limits.attempts = 6
            stubborn.limits.longestPause = .seconds(5)
            let failure = try await stubborn.failure()
            stubborn.expect(failure, .environment, "HTTP 503")
            #expect(fixture.pauses.all == [1, 2, 4, 5, 5].map { .seconds($0) })
            #expect(fixture.server.requests.count == 6)
        }
    }

    @Test(arguments: [
        ["Retry-After": "7"],
        [
            "Retry-After": "Wed, 09 Apr 2025 10:42:02 GMT", "Date": "Wed, 09 Apr 2025 10:41:55 GMT",
        ],
    ])
    func retryAfterIsHonoured(headers: [String: String]) async throws {
        let answer = LoopbackServer.Answer.sequence([
            .status(429, headers: headers), .bytes(Fixture.bytes),
        ])
        try await Fixture.with(answer) { fixture in
            try await fixture.fetch()
            try fixture.expectStored()
            #expect(fixture.pauses.all == [.seconds(7)])
        }
    }

    @Test func aServerThatAsksForALongPauseIsGivenUp() async throws {
        let answers: [String: LoopbackServer.Answer] = [
            "/first": .status(429, headers: ["Retry-After": "3600"]),
            "/second": .status(404),
        ]
        try await Fixture.with(answers) { fixture in
            let failure = try await fixture.failure(["/first", "/second"].map(fixture.address))
            #expect(
                failure.details == [
                    "\(fixture.address("/first")):"
                        + " HTTP 429, asks to come back after 3600 seconds",
                    "\(fixture.address("/second")): HTTP 404",
                ])
            #expect(fixture.pauses.all == [])
        }
    }

    @Test(arguments: ["", "soon", "-5", "Wed, 09 Apr 2025"])
    func anUnreadableRetryAfterIsIgnored(value: String) async throws {
        let answer = LoopbackServer.Answer.sequence([
            .status(503, headers: ["Retry-After": value]), .bytes(Fixture.bytes),
        ])
        try await Fixture.with(answer) { fixture in
            try await fixture.fetch()
            #expect(fixture.pauses.all == [.seconds(1)])
        }
    }

    @Test func aServerThatIsAwayIsTriedAgain() async throws {
        try await Fixture.with([:]) { fixture in
            // Nothing listens on the discard port (RFC 863).
            let failure = try await fixture.failure(["http://127.0.0.1:9/ruby.tar.gz"])
            #expect(failure.kind == .environment)
            #expect(failure.message.contains("Couldn't connect to server"))
            #expect(fixture.pauses.all == [.seconds(1), .seconds(2)])
        }
    }

    @Test func pausesNeverOverflow() {
        let limits = Downloader.Limits(firstPause: .seconds(1), longestPause: .seconds(60))
        #expect(limits.pause(after: 1) == .seconds(1))
        #expect(limits.pause(after: 7) == .seconds(60))
        #expect(limits.pause(after: 1000) == .seconds(60))
    }
}
