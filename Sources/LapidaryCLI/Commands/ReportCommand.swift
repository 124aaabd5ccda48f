import ArgumentParser
import Diagnostics
import HostSystem
import Planning
import Report
import SystemPackage
import Terminal

/// `lapidary report`.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Make one page of what was measured: figures, charts, heap maps, raw data.",
        usage: """
            lapidary report <recording> ... [--heapmap [<label>=]<file>] ... [<options>]
            lapidary report --heapmap [<label>=]<file> ... [<options>]
            lapidary report --smoke <file> ... [<options>]
            """,
        discussion: """
            A RECORDING is what `lapidary measure` and `compare` write with --output. The page needs \
            nothing else, no network and no other file; the recordings are in it. Several recordings \
            become one report: arms that are the same Ruby with the same environment are one.

            --heapmap takes what `lapidary heapmap --detail --format json` wrote, as many as there \
            are; all are drawn on one scale. --smoke takes what `lapidary smoke --json` printed, and \
            shows what the memory gate said of each package.

            Markdown and JSON go to standard output unless --output names a file, the page to \
            report.html.
            """)

    /// How the report is written.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case html, markdown, json
    }

    @OptionGroup var global: GlobalOptions
    @Option(
        help: ArgumentHelp(
            "Show a heap map too; may be given several times.", valueName: "[label=]file"))
    var heapmap: [String] = []
    @Option(
        help: ArgumentHelp(
            "Show the memory gate of these smoke tests; may be given several times.",
            valueName: "file"))
    var smoke: [String] = []
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write to this file; `-` is standard output.", valueName: "file"))
    var output: String?
    @Option(help: "How to write it: html, markdown, or json for programs.")
    var format: Format = .html
    @Option(help: "The title; default: made of what was measured.")
    var title: String?
    @Argument(help: "What was measured.") var recordings: [String] = []

    mutating func validate() throws {
        guard !recordings.isEmpty || !heapmap.isEmpty || !smoke.isEmpty else {
            throw ValidationError(
                "name a recording, a heap map with --heapmap, or smoke tests with --smoke")
        }
    }

    func run() throws {
        let console = global.console()
        let sources = try recordings.map { word in
            let path = GlobalOptions.absolute(word)
            return ReportInput.Source(
                name: path.stem ?? word, recording: try RecordingFile.read(path))
        }
        let input = ReportInput(
            sources: sources, maps: try heapmap.map(Self.map),
            gate: try smoke.flatMap { try GateVerdict.read(GlobalOptions.absolute($0)) })
        let report = Report(of: input, title: title)
        let text =
            switch format {
            case .html:
                try Page(report, library: ChartLibrary.read(), version: Builder.version).html()
            case .markdown: MarkdownReport(report).text
            case .json: try JSONOutput.text(ReportSummary(report, schema: JSONOutput.schema)) + "\n"
            }
        let place = output ?? (format == .html ? "report.html" : "-")
        guard place != "-" else { return console.output(String(text.dropLast())) }
        let path = GlobalOptions.absolute(place)
        guard !Files.isDirectory(path) else {
            throw Failure(.usage, "`\(path)` is a folder", hint: "name a file in it with --output")
        }
        try Files.write(text, to: path)
        console.message("Wrote \(path)")
    }

    /// The label stands before the first equals sign; a file whose name has one needs a label.
    private static func map(_ word: String) throws -> ReportInput.Map {
        guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
            return try ReportInput.Map.read(GlobalOptions.absolute(word), label: nil)
        }
        return try ReportInput.Map.read(
            GlobalOptions.absolute(String(word[word.index(after: equals)...])),
            label: String(word[..<equals]))
    }
}
