import ArgumentParser
import Terminal
import Workflow

/// `lapidary cache size`.
struct CacheSizeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "size", abstract: "Show what lies in the home, by kind.",
        discussion: """
            Sizes are those on disk. A file with several names counts once: as a package under its \
            name, or else as what it is in the store. `unreferenced` is what `cache prune` removes; \
            run it in a project, and what its lock names is not.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var result: ResultOptions

    func run() async throws {
        let session = try CacheOptions.parse([]).session(global)
        let size = try CacheWorkflow(context: session.context, project: global.projectIfAny())
            .size()
        try CacheSizeResult(size, home: session.context.home)
            .print(on: session.console, asJSON: result.json)
    }
}
