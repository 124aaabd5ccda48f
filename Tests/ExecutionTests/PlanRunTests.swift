import Diagnostics
import Foundation
import HostSystem
import Planning
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// What runs beside what.
struct PlanRunTests {
    /// What began and ended, in that order.
    private static func moments(_ fixture: ExecutionFixture) -> [String] {
        fixture.events.all.compactMap { event in
            switch event {
            case .started(let id): "+\(id)"
            case .finished(let id, _): "-\(id)"
            case .failed(let id, _): "!\(id)"
            default: nil
            }
        }
    }

    private static func sleeper(_ fixture: ExecutionFixture, _ name: String) -> Action {
        fixture.action(name, ["sleep 1; echo \(name) > /outputs/f"], outputs: ["out": "f"])
    }

    @Test func actionsThatDoNotWaitForEachOtherRunSideBySide() async throws {
        try await ExecutionFixture.with { fixture in
            let plan = try Plan(["a", "b", "c"].map { Self.sleeper(fixture, $0) })
            let outcomes = try await fixture.executor(jobs: 2).run(plan)
            #expect(outcomes.count == 3)
            let moments = Self.moments(fixture)
            #expect(Set(moments.prefix(2)) == ["+a", "+b"])
            // The third has to wait for a slot.
            #expect(moments[2].hasPrefix("-"))
            #expect(moments[3] == "+c")
            try fixture.expectNoLeftovers()
        }
    }

    @Test func withOneJobActionsRunOneAfterAnother() async throws {
        try await ExecutionFixture.with { fixture in
            let plan = try Plan(["a", "b"].map { Self.sleeper(fixture, $0) })
            _ = try await fixture.executor(jobs: 1).run(plan)
            #expect(Self.moments(fixture) == ["+a", "-a", "+b", "-b"])
        }
    }

    @Test func withLittleMemoryActionsRunOneAfterAnother() async throws {
        try await ExecutionFixture.with { fixture in
            let plan = try Plan(["a", "b"].map { Self.sleeper(fixture, $0) })
            _ = try await fixture.executor(jobs: 2, memory: 1_000_000).run(plan)
            #expect(Self.moments(fixture) == ["+a", "-a", "+b", "-b"])
        }
    }

    @Test func whatMostMustWaitForBeginsFirst() async throws {
        try await ExecutionFixture.with { fixture in
            let short = Self.sleeper(fixture, "short")
            let long = Self.sleeper(fixture, "long")
            let end = fixture.action(
                "end", ["read name < /inputs/f; echo $name > /outputs/f"],
                inputs: ["f": .output(long.id, "out")], outputs: ["out": "f"])
            _ = try await fixture.executor(jobs: 1).run(Plan([short, long, end]))
            #expect(Self.moments(fixture).first == "+long")
        }
    }

    @Test func whenOneFailsWhatRunsIsFinishedAndNothingElseBegins() async throws {
        try await ExecutionFixture.with { fixture in
            let bad = fixture.action("bad", ["exit 5"])
            let good = Self.sleeper(fixture, "good")
            let late = Self.sleeper(fixture, "late")
            let failure = await #expect(throws: Failure.self) {
                try await fixture.executor(jobs: 2).run(Plan([bad, good, late]))
            }
            #expect(failure?.message == "`bad` failed at step `step 1`: exit code 5")
            #expect(Set(Self.moments(fixture)) == ["+bad", "+good", "!bad", "-good"])
            // What was finished counts for the next run.
            _ = try await fixture.executor(jobs: 2).run(Plan([good, late]))
            #expect(fixture.events.all.contains(.fresh(good.id)))
            try fixture.expectNoLeftovers()
        }
    }

    @Test func theWayToTheEndIsWhatCounts() throws {
        func action(_ name: String, after: [String] = []) -> Action {
            Action(
                id: ActionID(name), inputs: [:],
                operation: .steps(StepsOperation(steps: [], environment: [:], outputs: [:])),
                after: Set(after.map { ActionID($0) }))
        }
        let plan = try Plan([
            action("a"), action("b", after: ["a"]), action("c", after: ["a"]),
            action("d", after: ["b", "c"]),
        ])
        let seconds: [String: Double] = ["a": 1, "b": 10, "c": 100, "d": 1000]
        let remaining = plan.remainingSeconds { seconds[$0.id.description] ?? 0 }
        #expect(
            remaining == [
                ActionID("a"): 1101, ActionID("b"): 1010, ActionID("c"): 1100, ActionID("d"): 1000,
            ])
    }
}
