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
            """,
        discussion: """
            A RECORDING is what `lapidary measure` and `compare` write with --output. The page needs \
            nothing else, no network and no other file; the recordings are in it. Several recordings \
            become one report: arms that are the same Ruby with the same environment are one.

            --heapmap takes what `lapidary heapmap --detail --format json` wrote, as many as there \
            are; all are drawn on one scale.

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
        name: .shortAndLong,
        help: ArgumentHelp("Write to this file; `-` is standard output.", valueName: "file"))
    var output: String?
    @Option(help: "How to write it: html, markdown, or json for programs.")
    var format: Format = .html
    @Option(help: "The title; default: made of what was measured.")
    var title: String?
    @Argument(help: "What was measured.") var recordings: [String] = []

    mutating func validate() throws {
        guard !recordings.isEmpty || !heapmap.isEmpty else {
            throw ValidationError("name a recording, or a heap map with --heapmap")
        }
    }

    func run() throws {
        let console = global.console()
        let input = try ReportInput.read(
            recordings: recordings.map(GlobalOptions.absolute), maps: heapmap.map(Self.map))
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

    /// The label before the first equals sign; a file whose name has one is given with a label.
    private static func map(_ text: String) -> (label: String?, path: FilePath) {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            return (nil, GlobalOptions.absolute(text))
        }
        return (
            String(text[..<equals]),
            GlobalOptions.absolute(String(text[text.index(after: equals)...]))
        )
    }
}
