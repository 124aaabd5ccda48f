import Diagnostics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import HostSystem

@Suite struct SubprocessRunnerTests {
    private let runner = SubprocessRunner()

    @Test func anExitCodeIsDataAndBothStreamsAreCaptured() async throws {
        let result = try await runner.capture(
            Command("sh", ["-c", "echo out; echo err >&2; exit 7"]))
        #expect(result.ending == .exited(7))
        #expect(result.standardOutput == "out\n")
        #expect(result.standardError == "err\n")
    }

    @Test func aSignalIsDataToo() async throws {
        let result = try await runner.capture(Command("sh", ["-c", "kill -KILL $$"]))
        #expect(result.ending == .killed(signal: 9))
    }

    @Test func argumentsReachTheProgramAsTheyAre() async throws {
        let words = ["two words", "$HOME", "", "'", "*"]
        let result = try await runner.capture(Command("printf", ["[%s]"] + words))
        #expect(result.standardOutput == words.map { "[\($0)]" }.joined())
    }

    @Test func muchOutputOnBothStreamsDoesNotBlock() async throws {
        let result = try await runner.capture(
            Command("sh", ["-c", "head -c 3000000 /dev/zero >&2; head -c 2000000 /dev/zero"]))
        #expect(result.standardOutput.utf8.count == 2_000_000)
        #expect(result.standardError.utf8.count == 3_000_000)
    }

    @Test func bytesThatAreNoTextAreReplaced() async throws {
        let result = try await runner.capture(Command("printf", ["a\\377b"]))
        #expect(result.standardOutput == "a\u{FFFD}b")
    }

    @Test(.timeLimit(.minutes(10)))
    func aProgramThatNeverStopsPrintingIsStopped() async throws {
        let failure = await #expect(throws: Failure.self) {
            try await runner.capture(Command("yes", []))
        }
        #expect(failure?.kind == .environment)
        #expect(failure?.message.contains("`yes`") == true)
        #expect(failure?.message.contains("exceeded the limit") == true)
    }

    @Test func standardInputIsEmpty() async throws {
        #expect(try await runner.capture(Command("cat", [])).standardOutput.isEmpty)
    }

    @Test func environmentIsAddedToTheInheritedOne() async throws {
        let result = try await runner.capture(
            Command(
                "sh", ["-c", "echo \"$LAPIDARY_TEST\"; test -n \"$PATH\""],
                environment: ["LAPIDARY_TEST": "a b"]))
        #expect(result.succeeded)
        #expect(result.standardOutput == "a b\n")
    }

    @Test func workingDirectoryIsPassed() async throws {
        try await Scratch.with { folder in
            let result = try await runner.capture(
                Command("pwd", ["-P"], workingDirectory: folder))
            #expect(result.standardOutput == "\(folder)\n")
        }
    }

    @Test func aLogGetsBothStreamsAndKeepsWhatItHad() async throws {
        try await Scratch.with { folder in
            let log = folder.appending("log")
            try Files.write("before\n", to: log)
            let ending = try await runner.run(
                Command("sh", ["-c", "echo out; echo err >&2; exit 3"]), appendingTo: log)
            #expect(ending == .exited(3))
            #expect(try Files.readText(log) == "before\nout\nerr\n")
        }
    }

    @Test(arguments: ["lapidary-no-such-program", "/nowhere/lapidary-no-such-program"])
    func aMissingProgramIsTheEnvironmentsFault(program: String) async throws {
        let failure = await #expect(throws: Failure.self) {
            try await runner.capture(Command(program, []))
        }
        #expect(failure?.kind == .environment)
        #expect(failure?.message.contains("`\(program)`") == true)
        #expect(failure?.hint?.contains("lapidary doctor") == true)
    }

    @Test func aMissingWorkingDirectoryIsTheEnvironmentsFault() async throws {
        let failure = await #expect(throws: Failure.self) {
            try await runner.capture(Command("true", [], workingDirectory: "/nowhere/at/all"))
        }
        #expect(failure?.kind == .environment)
    }

    @Test func aLogThatCannotBeOpenedIsTheEnvironmentsFault() async throws {
        let failure = await #expect(throws: Failure.self) {
            try await runner.run(Command("true", []), appendingTo: "/nowhere/at/all/log")
        }
        #expect(failure?.kind == .environment)
        #expect(failure?.message.contains("/nowhere/at/all/log") == true)
    }

    @Test func outputOfAFailedCommandNamesPurposeEndingAndLastLines() async throws {
        let failure = await #expect(throws: Failure.self) {
            try await runner.output(
                of: Command("sh", ["-c", "seq 30 >&2; exit 4"]), purpose: "count",
                kind: .failed, hint: "count less")
        }
        #expect(failure?.kind == .failed)
        #expect(failure?.message == "could not count: `sh` ended with exit code 4")
        #expect(failure?.details == (11...30).map(String.init))
        #expect(failure?.hint == "count less")
    }
}

/// Ctrl-C must leave no process behind, whatever the programs do with SIGTERM.
@Suite struct CancellationTests {
    enum Streams: CaseIterable {
        case captured, logged
    }

    /// What the program that was started does on SIGTERM; its child always ignores it.
    enum Leader: String, CaseIterable {
        case ends = "sh stubborn.sh child & wait"
        case ignores = "trap '' TERM; sh stubborn.sh child; true"
    }

    @Test(.timeLimit(.minutes(10)), arguments: Leader.allCases, Streams.allCases)
    func cancellationKillsTheWholeGroup(leader: Leader, streams: Streams) async throws {
        try await Scratch.with { folder in
            try Files.write(
                "trap '' TERM\necho $$ > \"$1\"\nwhile :; do sleep 0.1; done\n",
                to: folder.appending("stubborn.sh"))
            let command = Command("sh", ["-c", leader.rawValue], workingDirectory: folder)
            let task = Task {
                switch streams {
                case .captured: _ = try await SubprocessRunner().capture(command)
                case .logged:
                    _ = try await SubprocessRunner().run(
                        command, appendingTo: folder.appending("log"))
                }
            }
            var child: Int?
            #expect(
                try await eventually {
                    child = Processes.number(in: folder.appending("child"))
                    return child != nil
                })
            let pid = try #require(child)
            let start = ContinuousClock.now
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(ContinuousClock.now - start < .seconds(60))
            let isGone = try await eventually { !Processes.isRunning(pid) }
            #expect(isGone)
            if !isGone { kill(pid_t(pid), SIGKILL) }
        }
    }

    @Test func aCancelledTaskStartsNothing() async throws {
        try await Scratch.with { folder in
            let mark = folder.appending("mark")
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                _ = try await SubprocessRunner().capture(Command("touch", [mark.string]))
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(!Files.exists(mark))
        }
    }
}
