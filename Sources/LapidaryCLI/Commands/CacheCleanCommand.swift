import ArgumentParser
import Terminal
import Workflow

/// `lapidary cache clean`.
struct CacheCleanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean", abstract: "Remove everything that can be made or fetched again.",
        discussion: """
            Keys, the repository and the packages under their names stay. Which packages the roots \
            were made of is forgotten where no lock says it, so the next build takes the mirror's \
            newest there. What somebody is inside of with `lapidary shell` stays too.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var options: CacheOptions
    @OptionGroup var result: ResultOptions
    @Flag(help: "Say what would go, and remove nothing.")
    var dryRun = false

    func run() async throws {
        let session = try options.session(global)
        let workflow = CacheWorkflow(context: session.context, project: nil)
        let removal = try await session.run { _ in try await workflow.clean(isDryRun: dryRun) }
        try CacheRemovalResult(removal, isDryRun: dryRun)
            .print(on: session.console, asJSON: result.json)
    }
}
