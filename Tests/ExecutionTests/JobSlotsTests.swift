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

    private static func make(with pipe: JobPipe, in folder: FilePath) async throws {
        let words = JobPipe.opening(pipe.path, for: ["make"])
        let result = try await SubprocessRunner().capture(
            Command(
                words[0], Array(words.dropFirst()),
                environment: ["MAKEFLAGS": JobPipe.flags(slots: 8)], workingDirectory: folder))
        #expect(result.succeeded, "\(result.standardOutput)")
        #expect(result.standardError == "")
    }

    /// rustc, which Ruby's make starts without `+`, took its first open file for the pipe: the
    /// build failed, or that file was read and written.
    @Test func aProgramThatIsNoMakeTakesNoFileOfItsOwnForThePipe() async throws {
        try await Scratch.with { folder in
            let pipe = try JobPipe(at: folder.appending("jobs"))
            defer { pipe.close() }
            let number = "n=$${MAKEFLAGS##*=}; n=$${n%%,*}"
            let open = "exec 3</dev/null 4</dev/null 5</dev/null 6</dev/null"
            try Files.write(
                """
                all: program submake
                program:
                \t@\(open); \(number); test ! -e /proc/$$$$/fd/$$n
                submake:
                \t+@\(number); test -p /proc/$$$$/fd/$$n

                """, to: folder.appending("Makefile"))
            try await Self.make(with: pipe, in: folder)
        }
    }

    /// GNU make itself: six targets, with the slot that a make has anyway and those in the pipe.
    @Test(.timeLimit(.minutes(10)), arguments: [0, 2])
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
            try await Self.make(with: pipe, in: folder)
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
