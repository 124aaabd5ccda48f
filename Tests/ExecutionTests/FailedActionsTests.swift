import Diagnostics
import Digest
import Foundation
import HostSystem
import Planning
import Sandbox
import Store
import SystemPackage
import TestSupport
import Testing
import Workflow

@testable import Execution

/// What is remembered of actions that fail, and for how long.
@Suite(.enabled(if: Programs.has("bwrap"), "SKIPPED: bubblewrap is not installed here"))
struct FailedActionsTests {
    private func fail(_ fixture: ExecutionFixture, _ name: String, _ script: String = "exit 5")
        async throws
    {
        let action = fixture.action(name, ["echo \(name) > file", script])
        await #expect(throws: Failure.self) {
            try await fixture.executor().run(Plan([action]))
        }
    }

    @Test func aFailureIsRecordedWithItsStep() async throws {
        try await ExecutionFixture.with { fixture in
            try await fail(fixture, "derive ruby")
            let entry = try #require(try FailedActions(store: fixture.store).all().first)
            #expect(entry.record.action == "derive ruby")
            #expect(entry.record.message == "`derive ruby` failed at step `step 2`: exit code 5")
            #expect(entry.record.step?.title == "step 2")
            #expect(entry.hasWorkspace)
            let spec = try #require(try entry.record.step?.spec(in: fixture.home))
            #expect(Files.isDirectory(spec.root))
            #expect(spec.binds.allSatisfy { Files.isDirectory($0.source) })
            try fixture.expectNoLeftovers()
        }
    }

    @Test func aRecordOfAMovedHomeIsStillTrue() async throws {
        try await ExecutionFixture.with { fixture in
            try await fail(fixture, "derive ruby")
            let entry = try #require(try FailedActions(store: fixture.store).all().first)
            let spec = try #require(try entry.record.step?.spec(in: Home("/elsewhere")))
            #expect(spec.root.string.hasPrefix("/elsewhere/roots/"))
            #expect(spec.binds[0].source.string.hasPrefix("/elsewhere/failures/"))
        }
    }

    @Test func onlyTheNewestWorkspacesAreKept() async throws {
        try await ExecutionFixture.with { fixture in
            for number in 1...5 { try await fail(fixture, "make \(number)") }
            let entries = try FailedActions(store: fixture.store).all()
            #expect(entries.map(\.record.action) == (1...5).reversed().map { "make \($0)" })
            #expect(entries.map(\.hasWorkspace) == [true, true, true, false, false])
            try fixture.expectNoLeftovers()
        }
    }

    @Test func onlyTheNewestRecordsAreKeptAndTheirLogs() async throws {
        try await ExecutionFixture.with { fixture in
            let failures = FailedActions(store: fixture.store)
            for number in 1...53 {
                let key = SHA256Digest(of: "\(number)")
                try Files.write("", to: ActionResults(store: fixture.store).log(for: key))
                _ = try failures.add(
                    action: "fetch \(number)", key: key,
                    when: Date(timeIntervalSince1970: Double(number)), seconds: 1,
                    failure: Failure(.failed, "no"), step: nil)
            }
            let kept = try failures.all().map(\.record.action)
            #expect(kept == (4...53).reversed().map { "fetch \($0)" })
            #expect(try Files.names(in: fixture.home.logs).count == 50)
        }
    }

    @Test func theSameActionFailingAgainIsOneFailure() async throws {
        try await ExecutionFixture.with { fixture in
            for _ in 1...3 { try await fail(fixture, "make it") }
            #expect(try FailedActions(store: fixture.store).all().count == 1)
            #expect(try Files.names(in: fixture.home.logs).count == 1)
        }
    }

    @Test func anActionThatSucceedsIsForgotten() async throws {
        try await ExecutionFixture.with { fixture in
            try await fail(fixture, "make it")
            try await fail(fixture, "other")
            let mended = fixture.action("make it", ["true"])
            _ = try await fixture.executor().run(Plan([mended]))
            let left = try FailedActions(store: fixture.store).all().map(\.record.action)
            #expect(left == ["other"])
            #expect(try Files.names(in: fixture.home.logs).count == 2)
        }
    }

    @Test func aWorkspaceThatSomebodyIsInStays() async throws {
        try await ExecutionFixture.with { fixture in
            try await fail(fixture, "make it")
            let entry = try #require(try FailedActions(store: fixture.store).all().first)
            let workspace = FailedActions.workspace(in: entry.folder)
            let isKept = try await FolderUse.with(workspace) {
                _ = try await fixture.executor().run(
                    Plan([fixture.action("make it", ["true"])]))
                return Files.exists(workspace.appending("build").appending("file"))
            }
            #expect(isKept == true)
            _ = try await fixture.executor().run(
                Plan([fixture.action("make it", ["true", "true"])]))
            #expect(try FailedActions(store: fixture.store).all().isEmpty)
        }
    }

    @Test func historyHasTheLastRunOfEachKeyTheNewestFirst() async throws {
        try await ExecutionFixture.with { fixture in
            let good = fixture.action("good", ["true"])
            _ = try await fixture.executor().run(Plan([good]))
            // A file's date and the clock may differ by a tick of the kernel.
            try await Task.sleep(for: .milliseconds(20))
            try await fail(fixture, "bad")
            let records = try ActionHistory(store: fixture.store).records()
            #expect(records.map(\.action) == ["bad", "good"])
            #expect(records.map { $0.failure == nil } == [false, true])
            #expect(records.allSatisfy { Files.exists($0.log) })
        }
    }

    @Test func aHomeThatIsNotThereHasNoHistory() throws {
        let store = ArtifactStore(home: Home("/nonexistent/home"))
        #expect(try ActionHistory(store: store).records() == [])
    }
}
