import ArgumentParser
import Planning
import Recipe
import Workflow

/// `lapidary smoke`.
struct SmokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "smoke",
        abstract: "Install each package with apt in a clean root and try it there.",
        discussion: "Packages that are not built yet are built first.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup(title: "Work") var work: WorkOptions
    @OptionGroup var result: ResultOptions
    @Flag(help: "Run the checks again although the same bytes passed them before.")
    var again = false
    @Argument(help: "What to try, such as 3.3@plain,trim:bookworm.")
    var selections: [String] = []

    func run() async throws {
        let session = try Session(global, work)
        let selections = try selections.map(Selection.parse)
        let summary = try await session.run { context in
            try await BuildWorkflow(context: context).run(
                selections, goal: .smokedPackages, repeatsSmoke: again)
        }
        try SmokeResult(summary).print(on: session.console, asJSON: result.json)
    }
}
