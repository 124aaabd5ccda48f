import ArgumentParser
import Diagnostics
import Measurement
import SystemPackage
import Terminal

/// `lapidary measure`.
struct MeasureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure",
        abstract: "Run programs, and record what memory they take and what they keep.",
        usage: """
            lapidary measure <selection> ... [--workload <name,…>] [<options>]
            lapidary measure --ruby <path> ... [<options>] -- <script> [<argument> ...]
            """,
        discussion: """
            Packages are built if they are not yet, and run the project's workloads in a sandbox; \
            a .deb made anywhere runs them on the libraries of this machine. With --ruby a program \
            of your own runs as it would without lapidary, but for variables that tune an \
            allocator or Ruby: those are taken away, and --env sets what shall be set.

            Memory is read from outside. When the work is done (of your own program: at its end) \
            garbage is collected three times, and what is still held when that has settled is the \
            figure to go by: SETTLED, the share of anonymous memory. Several Rubies take turns. \
            Figures are medians, with the median absolute deviation.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup(title: "Measuring") var options: MeasureOptions
    @OptionGroup(title: "Work") var work: WorkOptions
    @OptionGroup(title: "Lock") var lock: LockOptions
    @Argument(
        help: "Selections such as 3.3@plain,trim and .deb files; or after -- a program of your own."
    )
    var words: [String] = []

    func run() async throws {
        let console = global.console()
        let file = try options.outputFile()
        let plan = MeasuringPlan(
            global: global, work: work, lock: lock, options: options,
            words: MeasuringWords(words))
        let recording = try await plan.withArms { arms, workloads, folder in
            try await plan.record(arms, workloads, rounds: options.runs, in: folder)
        }
        if let file { try RecordingFile.write(recording, to: file) }
        if !options.noHistory { global.remember(recording, on: console) }
        switch options.format {
        case .json: console.output(try JSONOutput.text(recording))
        case .text:
            console.output(MeasureText.table(of: recording).text(style: console.outputStyle))
            for remark in MeasureText.remarks(on: recording) { console.message(remark) }
        }
        let failures = MeasureText.failures(of: recording)
        guard failures.isEmpty else {
            throw Failure(
                .failed, "a program could not be measured", details: failures,
                hint: "try it by itself, with the same Ruby")
        }
    }
}
