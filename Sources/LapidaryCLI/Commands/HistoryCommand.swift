import ArgumentParser
import Diagnostics
import Foundation
import HostSystem
import Measurement
import MeasurementHistory
import Terminal

/// `lapidary history`.
struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List, export and import what was measured.",
        discussion: """
            `measure` and `compare` add every recording to the home's history, and nothing is ever \
            changed or removed there.
            """,
        subcommands: [List.self, Export.self, Import.self], defaultSubcommand: List.self)

    /// `lapidary history list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List what was measured.")

        @OptionGroup var global: GlobalOptions
        @OptionGroup var result: ResultOptions

        private struct Result: Encodable {
            let schema = JSONOutput.schema
            let recordings: [History.Entry]
        }

        func run() async throws {
            let console = global.console()
            let entries = try global.history().entries()
            if result.json {
                return console.output(try JSONOutput.text(Result(recordings: entries)))
            }
            guard !entries.isEmpty else { return console.message("nothing was measured yet") }
            let table = Table(
                header: ["NUMBER", "STARTED", "WORKLOADS", "RUNS", "RUBIES"],
                rows: entries.map { entry in
                    [
                        "\(entry.number)", entry.startedAt,
                        entry.workloads.joined(separator: ", "), "\(entry.runs)",
                        entry.arms.joined(separator: ", "),
                    ]
                }, rightAligned: [0, 3])
            console.output(table.text(style: console.outputStyle))
        }
    }

    /// `lapidary history export`.
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write recordings to a file, as JSON.")

        @OptionGroup var global: GlobalOptions
        @Option(
            name: .shortAndLong,
            help: ArgumentHelp("The file to write.", valueName: "file"))
        var output: String
        @Argument(help: "Numbers that `list` shows; default: all.")
        var numbers: [Int64] = []

        func run() async throws {
            let history = try global.history()
            let wanted = numbers.isEmpty ? try history.entries().map(\.number) : numbers
            let recordings = try wanted.map { number in
                guard let recording = try history.recording(number) else {
                    throw Failure(
                        .usage, "there is no recording \(number) in the history",
                        hint: "`lapidary history` lists them")
                }
                return recording
            }
            try RecordingFile.write(recordings, to: GlobalOptions.absolute(output))
            global.console().message("\(recordings.count) recordings are in `\(output)`")
        }
    }

    /// `lapidary history import`.
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add recordings from files; what is there already is kept once.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "Files that `history export` or `measure --output` wrote.")
        var files: [String]

        func run() async throws {
            let history = try global.history()
            // All of them are read before the first one is added.
            let recordings = try files.flatMap {
                try RecordingFile.readAll(GlobalOptions.absolute($0))
            }
            let added = try recordings.filter { try history.add($0) }.count
            global.console().message(
                "\(added) recordings were added, \(recordings.count - added) were there already")
        }
    }
}
