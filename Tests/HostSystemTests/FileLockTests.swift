import Diagnostics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import HostSystem

@Suite struct FileLockTests {
    private let me = "process \(ProcessInfo.processInfo.processIdentifier)"

    @Test(.timeLimit(.minutes(10)))
    func theSecondWaitsAndIsToldForWhom() async throws {
        try await Scratch.with { folder in
            let lock = FileLock(folder.appending("lock"))
            let events = Recorder<String>()
            let second = try await lock.with(
                holder: "lapidary build", wait: true,
                onWait: { _ in events.add("nobody waits here") }
            ) {
                let second = Task {
                    try await lock.with(
                        holder: "lapidary smoke", wait: true, onWait: { events.add($0) }
                    ) {
                        events.add("second")
                    }
                }
                #expect(try await eventually { !events.all.isEmpty })
                // Longer than one of its looks: it is told once only.
                try await Task.sleep(for: .milliseconds(500))
                events.add("first")
                return second
            }
            try await second.value
            #expect(
                events.all == ["lapidary build (\(me))", "first", "second"])
        }
    }

    @Test func notWaitingFailsAndNamesTheHolder() async throws {
        try await Scratch.with { folder in
            let lock = FileLock(folder.appending("lock"))
            try await lock.with(holder: "lapidary build", wait: false, onWait: { _ in }) {
                let failure = await #expect(throws: Failure.self) {
                    try await lock.with(holder: "lapidary smoke", wait: false, onWait: { _ in }) {}
                }
                #expect(failure?.kind == .environment)
                #expect(
                    failure?.message
                        == "the home `\(folder)` is in use by lapidary build (\(me))")
                #expect(failure?.hint?.contains("--no-wait") == true)
            }
        }
    }

    /// A child between fork and exec holds a copy of every descriptor, this lock's too.
    @Test func isFreeAgainThoughAChildHoldsACopyOfItsDescriptor() async throws {
        try await Scratch.with { folder in
            let lock = FileLock(folder.appending("lock"))
            let copy = try await lock.with(holder: "first", wait: false, onWait: { _ in }) {
                let copy = try OpenFiles.copy(of: lock.path)
                return try #require(copy)
            }
            defer { try? copy.close() }
            try await lock.with(holder: "second", wait: false, onWait: { _ in }) {}
        }
    }

    @Test func isFreeAgainAfterAnError() async throws {
        struct Stop: Error {}
        try await Scratch.with { folder in
            let lock = FileLock(folder.appending("lock"))
            await #expect(throws: Stop.self) {
                try await lock.with(holder: "lapidary build", wait: false, onWait: { _ in }) {
                    throw Stop()
                }
            }
            let value = try await lock.with(holder: "a", wait: false, onWait: { _ in }) { 7 }
            #expect(value == 7)
            #expect(try Files.readText(lock.path) == "")
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func waitingCanBeCancelled() async throws {
        try await Scratch.with { folder in
            let lock = FileLock(folder.appending("lock"))
            let told = Recorder<String>()
            try await lock.with(holder: "lapidary build", wait: true, onWait: { _ in }) {
                let second = Task {
                    try await lock.with(
                        holder: "b", wait: true, onWait: { told.add($0) }
                    ) { Issue.record("it has the lock") }
                }
                let isTold = try await eventually { !told.all.isEmpty }
                #expect(isTold)
                second.cancel()
                await #expect(throws: CancellationError.self) { try await second.value }
            }
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func aKilledProcessHoldsNoLock() async throws {
        try await Scratch.with { folder in
            let lock = FileLock(folder.appending("lock"))
            let words = folder.appending("pid")
            try Files.write("lapidary build (process 42)", to: lock.path)
            // Without a fork there is one process that holds the lock, and it can be killed.
            let holder = Command(
                "flock",
                ["--no-fork", lock.path.string, "sh", "-c", "echo $$ > pid; exec sleep 600"],
                workingDirectory: folder)
            try await whileRunning(holder) {
                #expect(try await eventually { Processes.number(in: words) != nil })
                let failure = await #expect(throws: Failure.self) {
                    try await lock.with(holder: "a", wait: false, onWait: { _ in }) {}
                }
                #expect(failure?.message.hasSuffix("lapidary build (process 42)") == true)
                let pid = try #require(Processes.number(in: words))
                kill(pid_t(pid), SIGKILL)
                let value = try await lock.with(holder: "a", wait: true, onWait: { _ in }) { 7 }
                #expect(value == 7)
            }
        }
    }

    @Test func aLockThatCannotBeOpenedIsTheEnvironmentsFault() async throws {
        let failure = await #expect(throws: Failure.self) {
            try await FileLock("/nowhere/at/all/lock")
                .with(holder: "a", wait: true, onWait: { _ in }) {}
        }
        #expect(failure?.kind == .environment)
        #expect(failure?.hint?.contains("LAPIDARY_HOME") == true)
    }
}
