import Diagnostics
import Digest
import Foundation
import HostSystem
import Planning
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// Plans of small actions, run in the real sandbox.
@Suite(.enabled(if: Programs.has("bwrap"), "SKIPPED: bubblewrap is not installed here"))
struct ExecutorTests {
    @Test func anOutputLandsInTheStoreAndTheNextRunIsFresh() async throws {
        try await ExecutionFixture.with { fixture in
            let action = fixture.action(
                ["echo made > /outputs/file"], outputs: ["out": "file"])
            let plan = try Plan([action])
            let first = try await fixture.executor().run(plan)
            #expect(first[action.id]?.wasFresh == false)
            #expect(try fixture.text(first[action.id]) == "made\n")
            #expect(first[action.id]?.result.outputs["out"]?.size == 5)
            try fixture.expectNoLeftovers()
            let second = try await fixture.executor().run(plan)
            #expect(second[action.id]?.wasFresh == true)
            #expect(second[action.id]?.result == first[action.id]?.result)
            let words = fixture.events.all.map { event in
                switch event {
                case .planned(let count): "planned \(count)"
                case .started: "started"
                case .progress: "progress"
                case .step(_, let title): title
                case .fresh: "fresh"
                case .finished: "finished"
                case .failed: "failed"
                case .note(let text): text
                }
            }
            #expect(
                words == ["planned 1", "started", "step 1", "finished", "planned 1", "fresh"])
        }
    }

    /// By this `lapidary cache prune` knows what to keep.
    @Test func aRunNotesWhichResultsItUsesAndOnlyThose() async throws {
        try await ExecutionFixture.with { fixture in
            let one = fixture.action("one", ["echo 1 > /outputs/f"], outputs: ["out": "f"])
            let two = fixture.action("two", ["echo 2 > /outputs/f"], outputs: ["out": "f"])
            let outcomes = try await fixture.executor().run(Plan([one, two]))
            let results = ActionResults(store: fixture.store)
            let keys = try [one, two].map { try #require(outcomes[$0.id]).key }
            let past = Date(timeIntervalSince1970: 1_000_000_000)
            for key in keys { LastUse.note(results.path(for: key), at: past) }
            let finished = try keys.map { try Files.modificationDate(of: results.path(for: $0)) }
            let again = try await fixture.executor().run(Plan([one]))
            #expect(again[one.id]?.wasFresh == true)
            #expect(try results.lastUse(of: keys[0]) > Date(timeIntervalSinceNow: -60))
            #expect(try results.lastUse(of: keys[1]) == past)
            #expect(
                try keys.map { try Files.modificationDate(of: results.path(for: $0)) }
                    == finished)
            // Something that must run has every record read, which uses none.
            _ = try await fixture.executor().run(Plan([two])) { _ in true }
            _ = try PlanInspector(store: fixture.store).inspect(Plan([one]))
            for key in keys { LastUse.note(results.path(for: key), at: past) }
            _ = try ActionHistory(store: fixture.store).records()
            _ = try PlanInspector(store: fixture.store).inspect(Plan([one, two]))
            #expect(try keys.map(results.lastUse) == [past, past])
        }
    }

    @Test func aForcedActionRunsAgainAndOthersDoNot() async throws {
        try await ExecutionFixture.with { fixture in
            let one = fixture.action("one", ["echo 1 > /outputs/f"], outputs: ["out": "f"])
            let two = fixture.action("two", ["echo 2 > /outputs/f"], outputs: ["out": "f"])
            let plan = try Plan([one, two])
            _ = try await fixture.executor().run(plan)
            let again = try await fixture.executor().run(plan) { $0.id == ActionID("two") }
            #expect(again[one.id]?.wasFresh == true)
            #expect(again[two.id]?.wasFresh == false)
        }
    }

    @Test func anActionWhoseOutputIsGoneRunsAgain() async throws {
        try await ExecutionFixture.with { fixture in
            let action = fixture.action(["echo made > /outputs/f"], outputs: ["out": "f"])
            let first = try await fixture.executor().run(Plan([action]))
            let digest = try #require(first[action.id]?.result.outputs["out"]?.sha256)
            try Files.remove(fixture.store.path(of: digest))
            let second = try await fixture.executor().run(Plan([action]))
            #expect(second[action.id]?.wasFresh == false)
            #expect(fixture.store.contains(digest))
        }
    }

    @Test func anOutputIsTheInputOfTheNextAction() async throws {
        try await ExecutionFixture.with { fixture in
            let first = fixture.action("a", ["echo made > /outputs/f"], outputs: ["out": "f"])
            let second = fixture.action(
                "b", ["cat /inputs/some/file > /outputs/f; echo more >> /outputs/f"],
                inputs: ["some/file": .output(first.id, "out")], outputs: ["out": "f"])
            let outcomes = try await fixture.executor().run(Plan([second, first]))
            #expect(try fixture.text(outcomes[second.id]) == "made\nmore\n")
        }
    }

    @Test func inputsAreVisibleButReadOnly() async throws {
        try await ExecutionFixture.with { fixture in
            try fixture.store.insert(Array("script".utf8))
            let digest = SHA256Digest(of: "script")
            let action = fixture.action(
                [
                    "cat /inputs/Recipes/a.rb > /outputs/f",
                    "if echo x >> /inputs/Recipes/a.rb; then exit 1; fi",
                    "if echo x > /inputs/new; then exit 1; fi",
                    "if echo x > /bin/new; then exit 1; fi",
                    "ls /inputs >> /outputs/f",
                ], inputs: ["Recipes/a.rb": .blob(digest)], outputs: ["out": "f"])
            let text = try await fixture.text(action)
            #expect(text == "scriptRecipes\n")
            #expect(try fixture.store.verified(digest) != nil)
        }
    }

    @Test func stepsShareTheBuildFolderAndGetTheEnvironment() async throws {
        try await ExecutionFixture.with { fixture in
            let action = fixture.action(
                [
                    "mkdir ruby; echo \"$SOURCE_DATE_EPOCH $TZ\" > ruby/f",
                    "cat ruby/f > /outputs/f; id -u >> /outputs/f",
                ], environment: ["SOURCE_DATE_EPOCH": "7"], outputs: ["out": "f"])
            let text = try await fixture.text(action)
            #expect(text == "7 UTC\n1000\n")
        }
    }

    @Test(arguments: [1, 12])
    func theNumberOfJobsIsPutIn(jobs: Int) async throws {
        try await ExecutionFixture.with { fixture in
            let action = fixture.action(
                ["echo -j{jobs} {jobs}x > /outputs/f"], outputs: ["out": "f"])
            let text = try await fixture.text(action, jobs: jobs)
            #expect(text == "-j\(jobs) \(jobs)x\n")
        }
    }

    @Test func aFailingStepShowsTheEndOfItsLogAndNamesIt() async throws {
        try await ExecutionFixture.with { fixture in
            let count = "i=0; while [ $i -lt 50 ]; do i=$((i+1)); echo line $i; done"
            let action = fixture.action(
                "derive ruby", ["echo first", "\(count); exit 5", "echo never"])
            let failure = await #expect(throws: Failure.self) {
                try await fixture.executor().run(Plan([action]))
            }
            #expect(failure?.kind == .failed)
            #expect(failure?.message == "`derive ruby` failed at step `step 2`: exit code 5")
            let key = try action.key(resolved: ["root": ExecutionFixture.root])
            let log = ActionResults(store: fixture.store).log(for: key)
            #expect(
                failure?.details == (31...50).map { "line \($0)" } + [
                    "the whole log: \(log)",
                    "its sandbox as it failed: lapidary shell 'derive ruby'",
                ])
            let whole = try Files.readText(log)
            #expect(whole.hasPrefix("first\nline 1\n"))
            #expect(!whole.contains("never"))
            try fixture.expectNoLeftovers()
            try fixture.expectNoResults()
        }
    }

    @Test func whatFinishedBeforeAFailureIsKept() async throws {
        try await ExecutionFixture.with { fixture in
            let good = fixture.action("good", ["echo made > /outputs/f"], outputs: ["out": "f"])
            let bad = fixture.action("bad", ["exit 1"])
            await #expect(throws: Failure.self) {
                try await fixture.executor().run(Plan([good, bad]))
            }
            let again = try await fixture.executor().run(Plan([good]))
            #expect(again[good.id]?.wasFresh == true)
        }
    }

    @Test func aPatchStepThatFailsNamesThePatch() async throws {
        try await ExecutionFixture.with { fixture in
            let says = "patching file gc.c\nHunk #2 FAILED at 5991.\n1 out of 3 hunks FAILED"
            let step = StepsOperation.Step(
                "apply it", ["sh", "-c", "echo '\(says)'; exit 1"], in: "/build",
                patch: "Patches/a.patch")
            let action = Action(
                id: ActionID("derive"), inputs: ["root": .blob(ExecutionFixture.root)],
                operation: .steps(StepsOperation(steps: [step], environment: [:], outputs: [:])))
            let failure = await #expect(throws: Failure.self) {
                try await fixture.executor().run(Plan([action]))
            }
            #expect(failure?.kind == .failed)
            #expect(
                failure?.message == "the patch `Patches/a.patch` no longer applies:"
                    + " hunk #2 of gc.c fails at line 5991")
            try fixture.expectNoLeftovers()
        }
    }

    @Test(
        .timeLimit(.minutes(10)),
        arguments: ["true", "ln -s /etc/passwd /outputs/file", "mkfifo /outputs/file"])
    func aStepThatMakesNoFileFails(script: String) async throws {
        try await ExecutionFixture.with { fixture in
            let action = fixture.action("derive", [script], outputs: ["out": "file"])
            let failure = await #expect(throws: Failure.self) {
                try await fixture.executor().run(Plan([action]))
            }
            #expect(failure?.kind == .failed)
            #expect(failure?.message == "`derive` made no file `file`")
            try fixture.expectNoLeftovers()
            try fixture.expectNoResults()
        }
    }

    @Test func aDamagedInputStopsTheAction() async throws {
        try await ExecutionFixture.with { fixture in
            try fixture.store.insert(Array("good".utf8))
            let digest = SHA256Digest(of: "good")
            try Files.write("evil", to: fixture.store.path(of: digest))
            let action = fixture.action(["true"], inputs: ["file": .blob(digest)])
            let failure = await #expect(throws: Failure.self) {
                try await fixture.executor().run(Plan([action]))
            }
            #expect(failure?.kind == .integrity)
            try fixture.expectNoLeftovers()
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func cancellationInTheMiddleOfAStepLeavesNothing() async throws {
        try await ExecutionFixture.with { fixture in
            let action = fixture.action(
                ["touch /outputs/started; sleep 300"], outputs: ["out": "started"])
            let task = Task { try await fixture.executor().run(Plan([action])) }
            let isRunning = try await eventually {
                try FileTree.entries(below: fixture.home.temporary)
                    .contains { $0.path.hasSuffix("/outputs/started") }
            }
            #expect(isRunning)
            let start = ContinuousClock.now
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(ContinuousClock.now - start < .seconds(60))
            #expect(try Files.names(in: fixture.home.failures) == [])
            try fixture.expectNoLeftovers()
            try fixture.expectNoResults()
        }
    }
}
