import Diagnostics
import Foundation
import HostSystem
package import SystemPackage

/// What is run in every arm.
package struct Workload: Sendable, Hashable {
    /// Unique in a recording.
    package var name: String
    /// A file of this machine to run; nil when the first of the arguments names it.
    package var script: FilePath?
    /// Words after `ruby`, or after the script.
    package var arguments: [String]
    /// Whether it speaks the workloads' protocol; otherwise its work is done when it ends.
    package var announcesItsEnd: Bool
    /// SHA-256 of what is run, in hexadecimal.
    package var sha256: String
    /// How long it is left alone after its work.
    package var idle: Duration

    package init(
        name: String, script: FilePath? = nil, arguments: [String], announcesItsEnd: Bool,
        sha256: String, idle: Duration
    ) {
        self.name = name
        self.script = script
        self.arguments = arguments
        self.announcesItsEnd = announcesItsEnd
        self.sha256 = sha256
        self.idle = idle
    }
}

/// One arm before it has run.
package struct PlannedArm: Sendable {
    package var label: String
    package var room: any MeasuringRoom
    package var environment: [String: String]
    package var package: PackageFingerprint?

    package init(
        label: String, room: any MeasuringRoom, environment: [String: String],
        package: PackageFingerprint? = nil
    ) {
        self.label = label
        self.room = room
        self.environment = environment
        self.package = package
    }
}

/// Runs workloads in arms and writes down everything.
package struct Recorder: Sendable {
    package var arms: [PlannedArm]
    package var workloads: [Workload]
    /// How often each workload runs in each arm.
    package var rounds: Int
    /// Seconds that one run may take.
    package var timeout: Double
    package var options = WatchOptions()
    /// Maps the heap of a process; nil for no maps.
    package var map: (@Sendable (Int32) throws -> JSONValue)?
    /// The version of Lapidary.
    package var version: String
    /// Is told what begins.
    package var progress: @Sendable (Progress) -> Void = { _ in }

    /// What is about to run.
    package struct Progress: Sendable, Hashable {
        package let workload: String
        package let arm: String
        /// From 1.
        package let run: Int
        package let runs: Int
    }

    package init(
        arms: [PlannedArm], workloads: [Workload], rounds: Int, timeout: Double, version: String
    ) {
        self.arms = arms
        self.workloads = workloads
        self.rounds = rounds
        self.timeout = timeout
        self.version = version
    }

    /// Runs everything: arms take turns forth and back (ABBA), so that what else happens on the
    /// machine meets all of them.
    ///
    /// Once a run fails, its workload is not run any more.
    ///
    /// - Parameter parent: where temporary folders are made.
    /// - Returns: everything, failed runs too.
    /// - Throws: `Failure` when a Ruby cannot be run at all.
    package func record(in parent: FilePath) async throws -> Recording {
        var recording = Recording(
            startedAt: Date().ISO8601Format(), lapidary: version, machine: .current(),
            workloads: workloads.map {
                WorkloadFingerprint(
                    name: $0.name, sha256: $0.sha256, arguments: $0.arguments,
                    settleSeconds: $0.idle / .seconds(1))
            }, arms: [], runs: [])
        for arm in arms {
            recording.arms.append(try await identified(arm, in: parent))
        }
        for workload in workloads {
            try await record(workload, into: &recording, in: parent)
        }
        return recording
    }

    private func identified(_ arm: PlannedArm, in parent: FilePath) async throws -> Arm {
        try await TemporaryDirectory.with(in: parent, name: "lapidary-measure") { folder in
            var ruby = try await RubyFingerprint.read(
                in: arm.room, environment: arm.environment, folder: folder)
            ruby.package = arm.package
            return Arm(label: arm.label, ruby: ruby, environment: arm.environment)
        }
    }

    private func record(
        _ workload: Workload, into recording: inout Recording, in parent: FilePath
    ) async throws {
        for round in 0..<rounds {
            for arm in round.isMultiple(of: 2) ? arms : arms.reversed() {
                progress(
                    Progress(
                        workload: workload.name, arm: arm.label,
                        run: recording.runs.count + 1, runs: rounds * arms.count * workloads.count))
                var run = try await TemporaryDirectory.with(
                    in: parent, name: "lapidary-measure"
                ) { folder in
                    try await measure(workload, arm, in: folder)
                }
                run.round = round
                run.position = recording.runs.count
                recording.runs.append(run)
                guard run.isComplete else { return }
            }
        }
    }

    private func measure(_ workload: Workload, _ arm: PlannedArm, in folder: FilePath) async throws
        -> Run
    {
        let channel = try Channel(in: folder)
        var options = options
        options.idle = workload.idle
        let watch = RunWatch(
            channel: channel, options: options,
            find: { arm.room.process(leader: $0, announced: $1) }, map: map)
        let log = folder.appending("log")
        let program = try MeasuredProgram(
            probing: arm.room,
            arguments: (workload.script.map { [arm.room.inside($0)] } ?? []) + workload.arguments,
            role: workload.announcesItsEnd ? "workload" : nil, environment: arm.environment,
            folder: folder, log: log, timeout: timeout)
        let start = ContinuousClock.now
        let ended: Result<RunEnding, any Error>
        do {
            ended = .success(try await arm.room.run(program) { watch.start(leader: $0) })
        } catch {
            ended = .failure(error)
        }
        let duration = ContinuousClock.now - start
        let seen = await watch.finish()
        let ending = try ended.get()
        var run = Run(
            workload: workload.name, arm: arm.label, round: 0, position: 0, ending: ending,
            wallNanoseconds: seen.wall ?? Int64(duration / .nanoseconds(1)),
            cpuNanoseconds: seen.cpu, live: seen.live, samples: seen.samples, phases: seen.phases,
            atEnd: seen.atEnd, afterIdle: seen.afterIdle, settled: seen.settled,
            isSettled: seen.isSettled, heapMap: seen.heapMap, groupPeakBytes: seen.groupPeak,
            notes: seen.notes)
        if seen.hasReported {
            let facts = ProgramFacts.read(in: folder)
            run.gc = facts.gc
            run.gcSettled = facts.gcSettled
            run.gcHeaps = facts.gcHeaps
            run.trim = facts.trim
            run.allocator = facts.allocator
            run.notes += facts.notes
        }
        if !run.isComplete { run.notes += explanation(of: run, log) }
        return run
    }

    /// Why a run does not count, and the last that it printed.
    private func explanation(of run: Run, _ log: FilePath) -> [String] {
        let lines = (try? LogTail.lines(of: log, count: 10)) ?? []
        let reason =
            run.ending == .exited(0)
            ? "the program ended before its memory could be read"
            : "the program ended with \(run.ending)"
        return [reason] + lines.map { "it printed: \($0)" }
    }
}
