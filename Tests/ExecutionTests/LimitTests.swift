import Diagnostics
import HostSystem
import Planning
import Sandbox
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// What people read when a step went past a limit.
@Suite(.enabled(if: Programs.has("bwrap"), "SKIPPED: bubblewrap is not installed here"))
struct LimitTests {
    @Test(arguments: [
        ("sleep 1000", "it ran longer than 1 second"),
        ("while :; do cat /bin/sh; done", "it printed more than 5 MB"),
    ])
    func theFailureNamesActionStepAndLimit(script: String, reason: String) async throws {
        try await ExecutionFixture.with { fixture in
            var limits = Limits.standard
            limits.duration = .seconds(1)
            limits.log = 5_000_000
            if reason.contains("printed") { limits.duration = .seconds(60) }
            let action = fixture.action("compile it", [script])
            let failure = await #expect(throws: Failure.self) {
                try await fixture.executor(limits: limits).run(Plan([action]))
            }
            #expect(failure?.kind == .failed)
            #expect(failure?.message == "`compile it` was stopped at step `step 1`: \(reason)")
            let log = try Files.names(in: fixture.home.logs).filter { $0.hasSuffix(".log") }
            #expect(log.count == 1)
            for name in log {
                #expect(try Files.size(of: fixture.home.logs.appending(name)) <= 5_001_000)
            }
            try fixture.expectNoResults()
        }
    }
}
