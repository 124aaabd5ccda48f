import Diagnostics
import Foundation
import HostSystem
import Planning
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// Ruby's own tests as an action, with programs that print what Ruby's would.
@Suite(.enabled(if: Programs.has("bwrap"), "SKIPPED: bubblewrap is not installed here"))
struct CheckRunnerTests {
    private static let failing = """
        echo 'Run options:'; echo; echo '  1) Failure:'; echo 'TestGC#test_stat [/build/x.rb:1]:'
        cat /build/tree; echo; echo '  2) Error:'; echo 'TestIO#test_seek:'; echo 'no file'; echo
        echo '9 tests, 20 assertions, 1 failures, 1 errors, 2 skips'; exit 2
        """

    private func action(known: [String: String]) -> Action {
        Action(
            id: ActionID("check ruby"), inputs: ["root": .blob(ExecutionFixture.root)],
            operation: .check(
                CheckOperation(
                    release: "3.3.8", variant: "trim", suite: "bookworm", architecture: "amd64",
                    preparation: [
                        .init("prepare", ["sh", "-c", "echo $WORD > tree"], in: "/build")
                    ], environment: ["WORD": "counted 1, not 2"],
                    programs: [
                        .init(.btest, ["sh", "-c", "echo PASS all 5 tests"], in: "/build"),
                        .init(.all, ["sh", "-c", Self.failing], in: "/build"),
                    ], knownFailures: known)))
    }

    @Test func listedFailuresAreReportedAndNoFailure() async throws {
        try await ExecutionFixture.with { fixture in
            let action = action(known: [
                "TestGC#test_stat": "so", "TestIO#test_seek": "too", "TestIO#test_read": "stale",
            ])
            let outcomes = try await fixture.executor().run(Plan([action]))
            let digest = try #require(outcomes[action.id]?.result.outputs["report"]?.sha256)
            let bytes = try Files.readBytes(try #require(try fixture.store.verified(digest)))
            let report = try JSONDecoder().decode(TestReport.self, from: Data(bytes))
            #expect(report.programs.map(\.tests) == [5, 9])
            #expect(report.programs.map(\.skipped) == [0, 2])
            #expect(report.failures == [])
            #expect(
                report.programs[1].known.map(\.name) == ["TestGC#test_stat", "TestIO#test_seek"])
            #expect(report.stale.map(\.name) == ["TestIO#test_read"])
            let again = try await fixture.executor().run(Plan([action]))
            #expect(again[action.id]?.wasFresh == true)
            try fixture.expectNoLeftovers()
        }
    }

    @Test func aFailureThatIsNotListedFailsTheActionByName() async throws {
        try await ExecutionFixture.with { fixture in
            let action = action(known: ["TestIO#test_seek": "too"])
            let failure = await #expect(throws: Failure.self) {
                try await fixture.executor().run(Plan([action]))
            }
            #expect(failure?.kind == .failed)
            #expect(
                failure?.message == "`check ruby` failed 1 of Ruby's own tests"
                    + " that the recipe does not list as failing")
            #expect(
                failure?.details.prefix(2) == ["TestGC#test_stat", "    counted 1, not 2"])
            #expect(failure?.hint?.contains("known-failures") == true)
            try fixture.expectNoResults()
            let entry = try #require(try FailedActions(store: fixture.store).all().first)
            #expect(entry.record.step?.title == "test-all")
            let build = FailedActions.workspace(in: entry.folder).appending("build")
            #expect(Files.exists(build.appending("tree")))
        }
    }
}
