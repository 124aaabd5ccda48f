import ArgumentParser
import Recipe
import Terminal
import Workflow

/// `lapidary list`.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what can be built: releases, variants and suites.",
        aliases: ["ls"])

    @OptionGroup var global: GlobalOptions
    @OptionGroup var result: ResultOptions

    /// A release, for programs.
    private struct Release: Encodable {
        let series: String
        let release: String
        let verified: Bool
        let variants: [String]
        let suites: [String]
        let endOfLife: String
    }

    private struct Result: Encodable {
        let schema = JSONOutput.schema
        let releases: [Release]
    }

    func run() async throws {
        let console = global.console()
        let catalog = try ProjectLoader.catalog(of: try global.project())
        let releases = catalog.series.flatMap { series in
            series.releases.map { release in
                Release(
                    series: series.series.description, release: release.version.description,
                    verified: release.verified,
                    variants: catalog.variants.filter(series.canBuild).map(\.name),
                    suites: catalog.suites.map(\.name),
                    endOfLife: series.endOfLife.description)
            }
        }
        if result.json { return console.output(try JSONOutput.text(Result(releases: releases))) }
        let table = Table(
            header: ["SERIES", "RELEASE", "VERIFIED", "VARIANTS", "SUITES", "END OF LIFE"],
            rows: releases.map {
                [
                    $0.series, $0.release, $0.verified ? "yes" : "no",
                    $0.variants.joined(separator: ","), $0.suites.joined(separator: ","),
                    $0.endOfLife,
                ]
            })
        console.output(table.text(style: console.outputStyle))
    }
}
