import Foundation
import HostSystem
import Planning
import Sandbox
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// Building in memory.
@Suite(
    .enabled(
        if: SmallDisk.isPossible && Programs.has("bwrap"),
        "SKIPPED: needs bubblewrap, and root to mount a small disk"))
struct MemoryTests {
    private func with(
        _ body: (ExecutionFixture, Executor, MemoryDisk) async throws -> Void
    ) async throws {
        try await ExecutionFixture.with { fixture in
            try await SmallDisk.with(megabytes: 8) { path in
                let memory = MemoryDisk(
                    on: path, size: 8 << 20, share: 2 << 20, reserve: 0, available: { .max })
                var limits = Limits.standard
                limits.reserve = 1_000_000
                try await body(fixture, fixture.executor(limits: limits, disk: memory), memory)
                // Whatever happened, all of it is free again.
                #expect(try Files.names(in: path) == [])
                #expect((0..<4).compactMap { _ in memory.makeFolder() }.count == 4)
            }
        }
    }

    @Test func theBuildFolderLiesInMemory() async throws {
        try await with { fixture, executor, _ in
            let action = fixture.action(
                [
                    "echo one > file",
                    "stat -f -c %T /build /outputs > /outputs/f; cat file >> /outputs/f",
                ],
                outputs: ["out": "f"])
            let outcomes = try await executor.run(Plan([action]))
            let lines = try fixture.text(outcomes[action.id]).split(separator: "\n")
            #expect(lines.first == "tmpfs")
            #expect(lines.last == "one")
            #expect(lines.count == 3 && lines[1] != "tmpfs")
            try fixture.expectNoLeftovers()
        }
    }

    @Test func whatDoesNotFitIsBuiltOnDisk() async throws {
        try await with { fixture, executor, _ in
            let action = fixture.action(
                [
                    "for i in 1 2 3 4 5 6 7 8 9 10; do cat /bin/bash > $i || exit 1; done",
                    "stat -f -c %T /build > /outputs/f",
                ], outputs: ["out": "f"])
            let outcomes = try await executor.run(Plan([action]))
            #expect(try fixture.text(outcomes[action.id]) != "tmpfs\n")
            #expect(
                fixture.events.all.contains(
                    .step(action.id, "memory is full: once more on disk")))
            try fixture.expectNoLeftovers()
        }
    }

    @Test func aFailedStepIsKeptOnDisk() async throws {
        try await with { fixture, executor, _ in
            let action = fixture.action(["echo half > made; touch -d @5 made; exit 7"])
            await #expect(throws: (any Error).self) { try await executor.run(Plan([action])) }
            let entry = try #require(try FailedActions(store: fixture.store).all().first)
            let made = FailedActions.workspace(in: entry.folder).pushing("build/made")
            #expect(try Files.readText(made) == "half\n")
            #expect(try Files.modificationDate(of: made).timeIntervalSince1970 == 5)
            #expect(entry.record.step != nil)
            try fixture.expectNoLeftovers()
        }
    }
}
