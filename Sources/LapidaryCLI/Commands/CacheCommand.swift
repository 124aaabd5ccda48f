import ArgumentParser
import SystemPackage

/// `lapidary cache`.
struct CacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache", abstract: "Look after what the home keeps, and carry it elsewhere.",
        discussion: """
            The home keeps sources, Debian packages, unpacked roots and the results of actions, so \
            that nothing is fetched or made twice. All of that can be removed at any time: the \
            next build fetches or makes what it needs. Keys, the repository and the packages under \
            their names are never touched.
            """,
        subcommands: [
            CacheSizeCommand.self, CachePruneCommand.self, CacheCleanCommand.self,
            CacheVerifyCommand.self, CacheExportCommand.self, CacheImportCommand.self,
        ])
}

/// Options of the commands that change a home without building in it.
struct CacheOptions: ParsableArguments {
    @Flag(help: "Fail with exit code 3 instead of waiting when another lapidary uses the home.")
    var noWait = false

    /// The session of such a command, which needs neither a mirror nor a compiler.
    func session(
        _ global: GlobalOptions, needsProject: Bool = false, allowsUnverified: Bool = false
    ) throws -> Session {
        let flags = [("--no-wait", noWait), ("--allow-unverified", allowsUnverified)]
        return try Session(
            global, WorkOptions.parse(flags.filter(\.1).map(\.0)), needsProject: needsProject)
    }
}

extension GlobalOptions {
    /// The project the command is run in, if it is run in one.
    ///
    /// - Throws: `Failure` of kind `usage` when a folder was named and has none.
    func projectIfAny() throws -> FilePath? {
        directory == nil ? try? project() : try project()
    }
}
