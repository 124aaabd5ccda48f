import ArgumentParser
import Diagnostics
import Execution
import HostSystem
import Planning
import Recipe
import SystemPackage
import Terminal
import Workflow

/// `lapidary smoke`.
struct SmokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "smoke",
        abstract: "Install each package with apt in a clean root and try it there.",
        discussion: """
            Packages that are not built yet are built first. When a package fails, the others are \
            still tried; the exit code is 1 then.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup(title: "Work") var work: WorkOptions
    @OptionGroup(title: "Lock") var lock: LockOptions
    @OptionGroup var result: ResultOptions
    @Flag(help: "Run the checks again although the same bytes passed them before.")
    var again = false
    @Option(
        help: ArgumentHelp(
            "Make these checks only; the package does not count as tried then.",
            valueName: "name,…"))
    var only: String?
    @Option(help: ArgumentHelp("Write the results as JUnit XML.", valueName: "file"))
    var junit: String?
    @Option(
        help: ArgumentHelp(
            "Try this .deb, made anywhere, as the one package that the selection means.",
            valueName: "file"))
    var deb: String?
    @Flag(help: "List the checks and why they are made, and try nothing.")
    var list = false
    @Argument(help: "What to try, such as 3.3@plain,trim:bookworm.")
    var selections: [String] = []

    func run() async throws {
        let selections = try selections.map(Selection.parse)
        if list { return try printList() }
        let file = try junit.map(Self.reportFile)
        let session = try Session(global, work, lock)
        let options = SmokeOptions(
            only: try only.map(Self.names), deb: deb.map(GlobalOptions.absolute), repeats: again)
        let summary = try await session.run { context in
            try await SmokeWorkflow(context: context).run(selections, options)
        }
        try SmokeResult(summary).print(on: session.console, asJSON: result.json)
        if let file { try Files.write(SmokeJUnit.text(of: summary.trials.reports), to: file) }
        if let failure = summary.trials.failure { throw failure }
    }

    private static func names(_ list: String) throws -> [String] {
        let names = list.split(separator: ",", omittingEmptySubsequences: false)
            .map { String($0.trimmingPrefix(while: \.isWhitespace)) }
        guard !names.contains("") else {
            throw Failure(.usage, "`--only \(list)` has an empty name")
        }
        return names
    }

    /// Minutes of work must not end in a file that cannot be written.
    private static func reportFile(_ path: String) throws -> FilePath {
        let file = GlobalOptions.absolute(path)
        guard Files.isDirectory(file.removingLastComponent()), !Files.isDirectory(file) else {
            throw Failure(
                .usage, "cannot write `\(file)`",
                hint: "--junit takes a file in a folder that is there")
        }
        return file
    }

    /// A check, for programs.
    private struct Check: Encodable {
        let name: String
        let reason: String
        /// The variants it is made of.
        let variants: [String]
    }

    private struct CheckList: Encodable {
        let schema = JSONOutput.schema
        let checks: [Check]
    }

    private func printList() throws {
        let console = global.console()
        let catalog = try ProjectLoader.catalog(of: try global.project())
        let checks = catalog.smoke.checks.map { check in
            Check(
                name: check.name, reason: check.reason,
                variants: catalog.variants.filter {
                    catalog.smoke.checks(for: $0).contains(check)
                }.map(\.name))
        }
        if result.json { return console.output(try JSONOutput.text(CheckList(checks: checks))) }
        let table = Table(
            header: ["CHECK", "REASON"],
            rows: checks.map { check in
                let isForAll = check.variants.count == catalog.variants.count
                let note = isForAll ? "" : " (\(check.variants.joined(separator: ", ")) only)"
                return [check.name, check.reason + note]
            })
        console.output(table.text(style: console.outputStyle))
    }
}
