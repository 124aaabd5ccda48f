import ArgumentParser
import Diagnostics
import Digest
import Foundation
import HeapMap
import HostSystem
import Measurement
import Planning
import Recipe
import SystemPackage
import Terminal
import Workflow

/// Finds out what is measured, and measures it, with progress on the console.
struct MeasuringPlan {
    let global: GlobalOptions
    let work: WorkOptions
    let lock: LockOptions
    let options: MeasureOptions
    let words: MeasuringWords

    private var operands: [String] { words.operands }
    private var program: [String] { words.program }

    /// Lays all arms open and calls `body` with them and with what runs in them.
    ///
    /// - Throws: `Failure` of kind `usage` when the words do not say what to measure.
    func withArms<Value: Sendable>(
        _ body: ([PlannedArm], [Workload], FilePath) async throws -> Value
    ) async throws -> Value {
        try require()
        let temporary = FilePath(FileManager.default.temporaryDirectory.path)
        let debs = operands.filter(isDeb)
        let selections = try operands.filter { !isDeb($0) }.map(Selection.parse)
        let folder = program.isEmpty ? try WorkloadFolder(of: try global.project()) : nil
        let workloads = try folder.map(projectWorkloads) ?? [ownProgram()]
        let machine = try options.ruby.map { name in
            PlannedArm(
                label: name, room: try HostRoom(ruby: name, runner: SubprocessRunner()),
                environment: [:])
        }
        guard let folder, !operands.isEmpty else {
            return try await body(try labelled(machine), workloads, temporary)
        }
        return try await TemporaryDirectory.with(in: temporary, name: "lapidary-measure") { place in
            var arms: [PlannedArm] = []
            for (number, deb) in debs.enumerated() {
                let own = place.appending("\(number)")
                try Files.createDirectory(own)
                arms.append(
                    try await MeasureWorkflow.arm(
                        of: GlobalOptions.absolute(deb), label: Self.label(of: deb), in: own,
                        workloads: folder.path, runner: SubprocessRunner()))
            }
            guard !selections.isEmpty else {
                return try await body(try labelled(arms + machine), workloads, place)
            }
            let session = try Session(global, work, lock)
            return try await session.run { context in
                try await MeasureWorkflow(context: context).withArms(
                    of: selections, workloads: folder.path
                ) { made in
                    // As they were named: `compare` tells the second from the first.
                    let packages = isDeb(operands[0]) ? arms + made : made + arms
                    return try await body(try labelled(packages + machine), workloads, place)
                }
            }
        }
    }

    /// Lays a package that is made open, beside the newest version of it that is published.
    ///
    /// - Throws: `Failure` of kind `usage` when the words do not name one package.
    func withPublished<Value: Sendable>(
        in repository: FilePath?,
        _ body: ([PlannedArm], [Workload], FilePath) async throws -> Value
    ) async throws -> Value {
        guard let word = operands.first, operands.count == 1, !isDeb(word), program.isEmpty,
            options.ruby.isEmpty
        else {
            throw Failure(
                .usage, "--published takes one selection, and compares nothing else",
                hint: "such as `lapidary compare --published 3.3@trim:bookworm`")
        }
        let selection = try Selection.parse(word)
        let folder = try WorkloadFolder(of: try global.project())
        let workloads = try projectWorkloads(folder)
        let temporary = FilePath(FileManager.default.temporaryDirectory.path)
        return try await TemporaryDirectory.with(in: temporary, name: "lapidary-measure") { place in
            try await Session(global, work, lock).run { context in
                try await MeasureWorkflow(context: context).withPublished(
                    of: selection, in: repository, workloads: folder.path
                ) { arms in
                    try await body(try labelled(arms), workloads, place)
                }
            }
        }
    }

    private func isDeb(_ word: String) -> Bool { word.hasSuffix(".deb") }

    private func projectWorkloads(_ folder: WorkloadFolder) throws -> [Workload] {
        try folder.workloads(options.workloadNames() ?? WorkloadFolder.usual, idle: options.idle)
    }

    private func require() throws {
        if !program.isEmpty {
            guard operands.isEmpty else {
                throw Failure(
                    .usage,
                    "a program of your own runs on this machine, not in a package's sandbox",
                    hint: "name Rubies of the machine: --ruby PATH -- SCRIPT")
            }
            guard options.workload == nil else {
                throw Failure(
                    .usage, "--workload is for the project's workloads, not for a program")
            }
            guard !options.ruby.isEmpty else {
                throw Failure(
                    .usage, "no Ruby is named to run `\(program[0])` with",
                    hint: "such as --ruby /usr/bin/ruby")
            }
        }
        guard !operands.isEmpty || !options.ruby.isEmpty else {
            throw Failure(
                .usage, "nothing is named to measure",
                hint: "a selection such as 3.3@plain,trim, a .deb, or --ruby PATH")
        }
    }

    /// The package and its version, as the names of files have them before the architecture.
    private static func label(of deb: String) -> String {
        let stem = FilePath(deb).lastComponent?.stem ?? deb
        return stem.split(separator: "_").prefix(2).joined(separator: " ")
    }

    private func ownProgram() throws -> Workload {
        let script = program.first { !$0.hasPrefix("-") } ?? program[0]
        let file = GlobalOptions.absolute(script)
        let digest =
            Files.exists(file) && !Files.isDirectory(file)
            ? try FileDigests(of: file).sha256 : SHA256Digest(of: program.joined(separator: "\0"))
        return Workload(
            name: FilePath(script).lastComponent?.string ?? script, arguments: program,
            announcesItsEnd: false, sha256: digest.hex, idle: options.idle ?? .zero)
    }

    /// Gives every arm what is set for it, and a label that no other has.
    private func labelled(_ arms: [PlannedArm]) throws -> [PlannedArm] {
        let settings = try options.settings(count: arms.count)
        let environments = arms.indices.map { settings($0 + 1) }
        let shared = environments.dropFirst().reduce(environments.first ?? [:]) { shared, other in
            shared.filter { other[$0.key] == $0.value }
        }
        var used: Set<String> = []
        return zip(arms, environments).map { arm, environment in
            var arm = arm
            arm.environment = environment
            let own = environment.filter { shared[$0.key] != $0.value }.sorted { $0.key < $1.key }
                .map { " \($0.key)=\($0.value)" }.joined()
            arm.label += own
            let label = arm.label
            var number = 2
            while !used.insert(arm.label).inserted {
                arm.label = "\(label) (\(number))"
                number += 1
            }
            return arm
        }
    }

    /// Runs workloads in arms, with a line of progress.
    func record(
        _ arms: [PlannedArm], _ workloads: [Workload], rounds: Int, in folder: FilePath
    ) async throws -> Recording {
        let display = ProgressDisplay(console: global.console())
        var recorder = Recorder(
            arms: arms, workloads: workloads, rounds: rounds, timeout: options.timeout,
            version: Builder.version)
        if options.heapMap {
            recorder.map = { process in
                let map = try LiveMapper(process: process).map()
                return try JSONDecoder().decode(
                    JSONValue.self, from: JSONEncoder().encode(HeapMapResult(map)))
            }
        }
        recorder.progress = { run in
            display.step(
                "measure", "run \(run.run) of \(run.runs): \(run.workload) in \(run.arm)")
        }
        display.begin(
            "measure", verb: "Measuring", label: workloads.map(\.name).joined(separator: ", "))
        return try await display.live { [recorder] in try await recorder.record(in: folder) }
    }
}
