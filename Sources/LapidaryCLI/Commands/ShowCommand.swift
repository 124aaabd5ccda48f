import ArgumentParser
import Digest
import HostSystem
import Lock
import Planning
import Recipe
import Terminal
import Workflow

/// `lapidary show`.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what a selection means: sources, arguments, patches, package names.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var result: ResultOptions
    @OptionGroup var unverified: UnverifiedOption
    @Argument(help: "What to show, such as 3.3@trim:bookworm.")
    var selections: [String] = []

    /// A cell, for programs.
    private struct CellRecord: Encodable {
        let selection: String
        let packages: [String]
        let version: String
        let prefixes: [String]
        let source: String
        let sourceSHA256: String
        let configure: [String]
        let patches: [String]
        let checks: [String]
    }

    private struct Result: Encodable {
        let schema = JSONOutput.schema
        let cells: [CellRecord]
    }

    func run() async throws {
        let console = global.console()
        let project = try global.project()
        let catalog = try ProjectLoader.catalog(of: project)
        let lock = try LockFile.read(of: project)
        let cells = try CellSelection.cells(
            of: try selections.map(Selection.parse), in: catalog, host: Machine.current(),
            allowsUnverified: unverified.allowUnverified
        ).map { lock?.pinned($0) ?? $0 }
        let records = cells.map { record($0, catalog: catalog) }
        if result.json { return console.output(try JSONOutput.text(Result(cells: records))) }
        for record in records {
            let rows = [
                ("packages", record.packages.joined(separator: "\n             ")),
                ("version", record.version),
                ("prefixes", record.prefixes.joined(separator: "\n             ")),
                ("source", record.source), ("sha256", record.sourceSHA256),
                ("configure", record.configure.joined(separator: "\n             ")),
                (
                    "patches",
                    record.patches.isEmpty
                        ? "none" : record.patches.joined(separator: "\n             ")
                ),
                ("checks", record.checks.joined(separator: ", ")),
            ]
            console.output(console.outputStyle.strong(record.selection))
            for (name, value) in rows {
                console.output("  \(name)\(String(repeating: " ", count: 11 - name.count))\(value)")
            }
        }
    }

    private func record(_ cell: Cell, catalog: Catalog) -> CellRecord {
        let names = PackageNames.installable(cell, vendor: catalog.project.vendor)
        return CellRecord(
            selection: cell.description, packages: names.map(\.name),
            version: names.first?.version ?? "", prefixes: names.map(\.prefix),
            source: cell.release.source.fileName,
            sourceSHA256: cell.release.source.sha256.hex,
            configure: Planner.configureArguments(of: cell),
            patches: (catalog.sourcePatches(series: cell.series)
                + catalog.patches(series: cell.series, variant: cell.variant)).map(\.path),
            checks: catalog.smoke.checks(for: cell.variant).map(\.name))
    }
}
