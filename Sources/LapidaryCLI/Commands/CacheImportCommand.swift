import ArgumentParser
import Terminal
import Workflow

/// `lapidary cache import`.
struct CacheImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take an exported archive into the home.",
        discussion: """
            Everything is checked by its digest before it enters; an archive with anything wrong \
            or unexpected in it is refused with exit code 4. Sources and packages count by the \
            digests of your lock. That a result was made as it says is the word of whoever \
            exported it: with --inputs-only, results are left out and everything is made here.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var options: CacheOptions
    @OptionGroup var result: ResultOptions
    @Flag(help: "Take sources and packages only.")
    var inputsOnly = false
    @Argument(help: "An archive that `lapidary cache export` wrote.")
    var file: String

    private struct Result: Encodable {
        let schema = JSONOutput.schema
        let files: Int
        let newFiles: Int
        let newResults: Int
        let newPackageSets: Int
    }

    func run() async throws {
        let session = try options.session(global)
        let taken = try await session.run { context in
            try await CacheImporter(context: context).run(
                GlobalOptions.absolute(file), inputsOnly: inputsOnly)
        }
        if result.json {
            return session.console.output(
                try JSONOutput.text(
                    Result(
                        files: taken.files, newFiles: taken.newFiles,
                        newResults: taken.newResults, newPackageSets: taken.newPackageSets)))
        }
        session.console.message(
            "Took \(taken.newFiles) of \(taken.files) files and \(taken.newResults) results; the"
                + " home had the others")
    }
}
