import ArgumentParser
import Recipe
import Workflow

/// `lapidary publish`.
struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Put packages that passed their smoke test into a signed apt repository.",
        discussion: """
            Packages that are not built or tried yet are built and tried first. The signing key \
            is made on first use and stays in the home. The repository is a folder of static \
            files: any web server or bucket can serve it.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup(title: "Work") var work: WorkOptions
    @OptionGroup(title: "Lock") var lock: LockOptions
    @OptionGroup var result: ResultOptions
    @Option(
        help: ArgumentHelp(
            "The repository's folder; default: `repository` of lapidary.yaml.", valueName: "dir"))
    var repository: String?
    @Option(
        help: ArgumentHelp(
            "Where clients will find the repository, for the lines that install from it.",
            valueName: "url"))
    var url: String?
    @Argument(help: "What to publish, such as 3.3@plain,trim:bookworm.")
    var selections: [String] = []

    func run() async throws {
        let session = try Session(global, work, lock)
        let selections = try selections.map(Selection.parse)
        let report = try await session.run { context in
            try await PublishWorkflow(context: context).run(
                selections, into: repository.map(GlobalOptions.absolute))
        }
        try PublishResult(report, address: url).print(on: session.console, asJSON: result.json)
    }
}
