import Diagnostics
import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Measurement

/// Programs of a real Ruby, measured on this machine.
@Suite(.enabled(if: Programs.haveRuby))
struct RunTests {
    private func record(
        _ program: String, announces: Bool = false, arguments: [String] = [],
        environment: [String: String] = [:], timeout: Double = 300, rounds: Int = 1,
        arms labels: [String] = ["A"], settling: Duration = .seconds(10)
    ) async throws -> Recording {
        try await Scratch.with { folder in
            let script = folder.appending("program.rb")
            try Files.write(program, to: script)
            let room = try HostRoom(ruby: "ruby", runner: SubprocessRunner())
            var recorder = Recorder(
                arms: labels.map { PlannedArm(label: $0, room: room, environment: environment) },
                workloads: [
                    Workload(
                        name: "program", arguments: [script.string] + arguments,
                        announcesItsEnd: announces, sha256: "", idle: .zero)
                ], rounds: rounds, timeout: timeout, version: "0")
            recorder.options.settling = settling
            return try await recorder.record(in: folder)
        }
    }

    private static let megabyte: Int64 = 1 << 20

    @Test func whatIsKeptIsMeasuredAndWhatIsDroppedIsNot() async throws {
        let recording = try await record(
            """
            LapidaryMeasure.phase("fill the house")
            KEPT = "x" * (48 << 20)
            "y" * (96 << 20)
            abort "no arguments" unless ARGV == ["one", "two words"]
            """, arguments: ["one", "two words"])
        let run = try #require(recording.runs.first)
        #expect(run.isComplete, "\(run.ending) \(run.notes)")
        let settled = try #require(run.settled)
        let share = try #require(settled.pssAnonymous)
        #expect(share > 48 * Self.megabyte)
        #expect(share < 96 * Self.megabyte)
        #expect(try #require(settled.peak) > 140 * Self.megabyte)
        #expect(run.phases.map(\.name) == ["fill the house"])
        #expect(run.isSettled == true)
        #expect(run.wallNanoseconds > 0)
        #expect(try #require(run.cpuNanoseconds) > 0)
        // The last one is taken just before it is read as a whole.
        #expect(try #require(run.samples.last).rss > 48 * Self.megabyte)
        #expect(run.samples.contains { $0.anonymous != nil })
        #expect(run.samples.map(\.t) == run.samples.map(\.t).sorted())
        #expect(run.gc?["count"]?.integer != nil)
        let before = try #require(run.gc?["count"]?.integer)
        #expect(try #require(run.gcSettled?["count"]?.integer) >= before + 3)
        let glibc = try #require(run.allocator?.glibc)
        #expect(glibc.mapped >= 48 * Self.megabyte)
        #expect(glibc.arenas >= 1)
        let ruby = try #require(recording.arms.first?.ruby)
        #expect(ruby.description.hasPrefix("ruby "))
        #expect(ruby.allocator == "glibc")
        #expect(ruby.libc.hasPrefix("glibc 2."))
        #expect(ruby.sha256.count == 64)
    }

    @Test func theRecordingIsTheSameAfterAFile() async throws {
        let recording = try await record("KEPT = [1]")
        let again = try JSONDecoder().decode(
            Recording.self, from: try JSONEncoder().encode(recording))
        #expect(again == recording)
    }

    @Test func aWorkloadSaysItselfWhenItsWorkIsDone() async throws {
        let recording = try await record(
            """
            def work
              kept = "x" * (32 << 20)
              $stdout.puts("phase ready")
              abort "no input is expected" if $stdin.gets
              $stdout.puts("phase quiescent seconds=0.1 live=33554432")
              $stdin.gets
              kept.hash
            end
            work
            """, announces: true)
        let run = try #require(recording.runs.first)
        #expect(run.isComplete, "\(run.ending) \(run.notes)")
        #expect(run.phases.map(\.name) == ["ready", "quiescent"])
        #expect(run.live == 33_554_432)
        // At the program's end it would be gone.
        #expect(try #require(run.settled?.pssAnonymous) > 32 * Self.megabyte)
    }

    @Test func aProgramThatDiesSaysSo() async throws {
        let recording = try await record(
            "puts 'about to go'; $stdout.flush; Process.kill(:KILL, Process.pid); sleep")
        let run = try #require(recording.runs.first)
        #expect(run.ending == .killed(signal: 9))
        #expect(!run.isComplete)
        #expect(run.settled == nil)
        #expect(
            run.notes == ["the program ended with signal 9", "it printed: about to go"])
    }

    @Test func aProgramThatRaisesDoesNotCount() async throws {
        let run = try #require(try await record("raise 'no database'").runs.first)
        #expect(run.ending == .exited(1))
        #expect(!run.isComplete)
        #expect(run.notes.contains { $0.contains("no database") })
    }

    @Test func aProgramThatLeavesByTheBackDoorDoesNotCount() async throws {
        let run = try #require(try await record("exit!(0)").runs.first)
        #expect(run.ending == .exited(0))
        #expect(!run.isComplete)
        #expect(run.notes == ["the program ended before its memory could be read"])
    }

    @Test func aProgramWithoutEndIsEnded() async throws {
        let run = try #require(
            try await record("trap(:TERM) {}; loop { sleep }", timeout: 2).runs.first)
        #expect(run.ending == .timedOut(seconds: 2))
        #expect(run.settled == nil)
    }

    @Test func whatDoesNotSettleIsReadAllTheSame() async throws {
        let run = try #require(try await record("KEPT = 1", settling: .zero).runs.first)
        #expect(run.isComplete)
        #expect(run.isSettled == false)
    }

    @Test func childrenAreNotTheProgram() async throws {
        let run = try #require(
            try await record(
                """
                Process.wait(fork { @more = "x" * (64 << 20) })
                abort unless system(RbConfig.ruby, "-e", "exit")
                """
            ).runs.first)
        #expect(run.isComplete, "\(run.ending) \(run.notes)")
        #expect(try #require(run.settled?.peak) < 64 * Self.megabyte)
    }

    @Test func variablesOfAnArmReachIt() async throws {
        let recording = try await record(
            "exit(ENV['MALLOC_ARENA_MAX'] == '2' && !ENV.key?('LAPIDARY_MEASURE'))",
            environment: ["MALLOC_ARENA_MAX": "2"])
        #expect(recording.runs.map(\.ending) == [.exited(0)])
        #expect(recording.arms.first?.environment == ["MALLOC_ARENA_MAX": "2"])
    }

    @Test func armsTakeTurnsForthAndBack() async throws {
        let recording = try await record("", rounds: 2, arms: ["A", "B"])
        #expect(recording.runs.map(\.arm) == ["A", "B", "B", "A"])
        #expect(recording.runs.map(\.round) == [0, 0, 1, 1])
        #expect(recording.runs.map(\.position) == [0, 1, 2, 3])
    }

    @Test func aFailedRunIsTheLast() async throws {
        let recording = try await record("exit 7", rounds: 5, arms: ["A", "B"])
        #expect(recording.runs.map(\.ending) == [.exited(7)])
    }

    @Test func anotherProgramIsNoRuby() async throws {
        try await Scratch.with { folder in
            let room = try HostRoom(ruby: "false", runner: SubprocessRunner())
            let recorder = Recorder(
                arms: [PlannedArm(label: "A", room: room, environment: [:])], workloads: [],
                rounds: 1, timeout: 60, version: "0")
            let failure = try await #require(throws: Failure.self) {
                try await recorder.record(in: folder)
            }
            #expect(failure.kind == .environment)
            #expect(failure.message.contains("cannot be measured"))
        }
        let failure = try #require(throws: Failure.self) {
            try HostRoom(ruby: "/nowhere/ruby", runner: SubprocessRunner())
        }
        #expect(failure.message == "there is no program `/nowhere/ruby`")
    }
}
