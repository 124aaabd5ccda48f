import Foundation
import HostSystem
import Planning
import SystemPackage
import TestSupport
import Testing

@testable import Execution

struct JobSlotsTests {
    private static let first = ActionID("compile first")
    private static let second = ActionID("compile second")

    private static func pipes(_ body: (JobPipe, JobPipe) async throws -> Void) async throws {
        try await Scratch.with { folder in
            let pipes = try ["a", "b"].map { try JobPipe(at: folder.appending($0)) }
            defer { for pipe in pipes { pipe.close() } }
            try await body(pipes[0], pipes[1])
        }
    }

    @Test func whatIsFreeIsLentToTheMostUrgentMakeAndComesBackWithIt() async throws {
        try await Self.pipes { first, second in
            var slots = JobSlots(4)
            slots.take()
            slots.open(first, for: Self.first, rank: 1)
            slots.take()
            slots.open(second, for: Self.second, rank: 2)
            #expect(slots.free == 2)
            slots.lend()
            #expect(slots.free == 0)
            #expect(first.takeAll() == 0)
            // The make of the second holds both now, and is killed with them.
            #expect(second.takeAll() == 2)
            slots.giveBack(Self.second)
            #expect(slots.free == 3)
        }
    }

    @Test func whatAMakeLeavesUnusedGoesToAnother() async throws {
        try await Self.pipes { first, second in
            var slots = JobSlots(4)
            for (pipe, id, rank) in [(first, Self.first, 1.0), (second, Self.second, 2.0)] {
                slots.take()
                slots.open(pipe, for: id, rank: rank)
            }
            slots.lend()
            slots.collect()
            #expect(slots.free == 2)
            slots.lend()
            #expect(slots.free == 0)
            #expect(first.takeAll() == 2)
            #expect(second.takeAll() == 0)
        }
    }

    @Test func forgedSlotsCountForNothing() async throws {
        try await Self.pipes { pipe, _ in
            var slots = JobSlots(3)
            slots.take()
            slots.open(pipe, for: Self.first, rank: 1)
            slots.lend()
            _ = pipe.put(1000)
            slots.collect()
            #expect(slots.free == 2)
            slots.giveBack(Self.first)
            #expect(slots.free == 3)
        }
    }

    @Test func aPipeIsGoneWhenItIsClosed() async throws {
        try await Scratch.with { folder in
            let path = folder.appending("jobs")
            let pipe = try JobPipe(at: path)
            #expect(throws: (any Error).self) { try JobPipe(at: path) }
            pipe.close()
            #expect(!Files.exists(path))
        }
    }

    /// GNU make itself: six targets, with the slot that a make has anyway and those in the pipe.
    @Test(.timeLimit(.minutes(1)), arguments: [0, 2])
    func makeRunsAsManyJobsAsThereAreSlots(lent: Int) async throws {
        try await Scratch.with { folder in
            let pipe = try JobPipe(at: folder.appending("jobs"))
            defer { pipe.close() }
            #expect(pipe.put(lent) == lent)
            try Files.write(
                """
                all: a b c d e f
                a b c d e f:
                \t@echo + >> changes; sleep 0.3; echo - >> changes

                """, to: folder.appending("Makefile"))
            let step = StepsOperation.Step("make", ["make", "-j{jobs}"], in: "/build")
            #expect(step.sharesJobs)
            let result = try await SubprocessRunner().capture(
                Command(
                    "sh", ["-c", #"exec 3<>"$0"; exec "$@""#, pipe.path.string, "make"],
                    environment: ["MAKEFLAGS": "-j8 --jobserver-auth=3,3"],
                    workingDirectory: folder))
            #expect(result.succeeded)
            #expect(result.standardError == "")
            var running = 0
            var most = 0
            for change in try Files.readText(folder.appending("changes")).split(separator: "\n") {
                running += change == "+" ? 1 : -1
                most = max(most, running)
            }
            #expect(most == lent + 1)
            #expect(pipe.takeAll() == lent)
        }
    }
}
