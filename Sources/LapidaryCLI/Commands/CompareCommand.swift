import ArgumentParser
import Diagnostics
import Measurement
import SystemPackage
import Terminal

/// `lapidary compare`.
struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Say which of two Rubies keeps more memory, by how much, and how sure that is.",
        usage: """
            lapidary compare <selection or .deb> <selection or .deb> [<options>]
            lapidary compare --ruby <path> --ruby <path> [<options>] -- <script> [<argument> ...]
            lapidary compare --published <selection> [<options>]
            lapidary compare <recording>[#<ruby>] [<recording>[#<ruby>]]
            """,
        discussion: """
            Both run by turns (ABBA). What counts is settled anonymous memory: a difference is one \
            of at least 2 MiB, 3 %, and five times the median absolute deviation, at p < 0.01 in \
            an exact Mann-Whitney test. What is seen so is confirmed by fresh runs, with Holm's \
            adjustment over all workloads, before it is said.

            Recordings made by `measure --output` are compared as they are, and only when they \
            were made alike; `#` and a part of its label choose a Ruby of a recording with several.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup(title: "Measuring") var options: MeasureOptions
    @OptionGroup(title: "Work") var work: WorkOptions
    @OptionGroup(title: "Lock") var lock: LockOptions
    @Option(
        help: ArgumentHelp(
            "Confirm a difference by so many fresh runs of each; 0 for none; default: 10.",
            valueName: "count"))
    var confirm = 10
    @Flag(help: "Fail with exit code 1 when the second keeps more memory than the first.")
    var failOnRegression = false
    @Flag(help: "Compare what is published of a package, its newest version, with what is made.")
    var published = false
    @Option(
        help: ArgumentHelp(
            "The folder to look for it in; default: `repository` of lapidary.yaml.",
            valueName: "dir"))
    var repository: String?
    @Argument(
        help: "Two selections or .deb files, or recordings; or after -- a program of your own.")
    var words: [String] = []

    mutating func validate() throws {
        guard (0...100).contains(confirm) else { throw ValidationError("--confirm takes 0 to 100") }
    }

    func run() async throws {
        let console = global.console()
        let file = try options.outputFile()
        let words = MeasuringWords(words)
        let recordings = words.operands.map(RecordingOperand.init)
        let comparison: Comparison
        if recordings.contains(where: { $0 != nil }) {
            comparison = try RecordedComparison.of(recordings, words.operands)
        } else {
            comparison = try await measured(words, writingTo: file)
        }
        switch options.format {
        case .json: console.output(try JSONOutput.text(CompareResult(comparison)))
        case .text: console.output(CompareText(comparison, style: console.outputStyle).text)
        }
        let failures = comparison.rows.flatMap(\.failures)
        guard failures.isEmpty else {
            throw Failure(
                .failed, "a program could not be measured", details: failures,
                hint: "try it by itself, with the same Ruby")
        }
        if failOnRegression, comparison.rows.contains(where: { $0.verdict == .more }) {
            throw Failure(
                .failed, "\(comparison.second) keeps more memory than \(comparison.first)")
        }
    }

    private func measured(_ words: MeasuringWords, writingTo file: FilePath?) async throws
        -> Comparison
    {
        let plan = MeasuringPlan(
            global: global, work: work, lock: lock, options: options,
            words: words)
        if published {
            return try await plan.withPublished(in: repository.map(GlobalOptions.absolute)) {
                try await measured($0, $1, in: $2, by: plan, writingTo: file)
            }
        }
        return try await plan.withArms { arms, workloads, folder in
            guard arms.count == 2 else {
                throw Failure(
                    .usage, "two Rubies are compared, and \(arms.count) are named",
                    details: arms.map(\.label),
                    hint: "such as 3.3.8@plain 3.3.8@trim, or --ruby A --ruby B")
            }
            return try await measured(arms, workloads, in: folder, by: plan, writingTo: file)
        }
    }

    private func measured(
        _ arms: [PlannedArm], _ workloads: [Workload], in folder: FilePath, by plan: MeasuringPlan,
        writingTo file: FilePath?
    ) async throws -> Comparison {
        var recording = try await plan.record(arms, workloads, rounds: options.runs, in: folder)
        let labels = recording.arms.map(\.label)
        var comparison = Comparison(
            (recording, labels[0]), (recording, labels[1]), isFinal: confirm == 0)
        let doubtful = workloads.filter { comparison.unconfirmed.contains($0.name) }
        if confirm > 0, !doubtful.isEmpty {
            let fresh = try await plan.record(arms, doubtful, rounds: confirm, in: folder)
            comparison.confirm(by: fresh)
            recording.append(fresh)
        }
        if let file { try RecordingFile.write(recording, to: file) }
        if !options.noHistory { global.remember(recording, on: global.console()) }
        return comparison
    }
}
