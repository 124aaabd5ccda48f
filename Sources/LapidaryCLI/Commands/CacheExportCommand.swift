import ArgumentParser
import Recipe
import SystemPackage
import Terminal
import Workflow

/// `lapidary cache export`.
struct CacheExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Pack what a build needs, for a machine without network.",
        discussion: """
            Packs the source and every Debian package that the selection's build and smoke tests \
            need, by the lock or else as resolved here, and the results that this home has. On the \
            other machine, with the same project: lapidary cache import FILE, then lapidary build \
            --offline. Unpacked roots are left out, as they are made again from their packages. \
            The same home gives the same bytes.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var options: CacheOptions
    @OptionGroup var unverified: UnverifiedOption
    @OptionGroup var result: ResultOptions
    @Option(name: .shortAndLong, help: ArgumentHelp("The archive to write.", valueName: "file"))
    var output: String
    @Flag(help: "Leave the results out, so that everything is made there.")
    var inputsOnly = false
    @Argument(help: "What shall be built there, such as 3.3@plain,trim:bookworm.")
    var selections: [String] = []

    private struct Result: Encodable {
        let schema = JSONOutput.schema
        let file: String
        /// Bytes.
        let size: Int64
        let inputs: Int
        let results: Int
    }

    func run() async throws {
        let session = try options.session(
            global, needsProject: true, allowsUnverified: unverified.allowUnverified)
        let selections = try selections.map(Selection.parse)
        let export = try await session.run { context in
            try await CacheExporter(context: context).run(
                selections, to: GlobalOptions.absolute(output), inputsOnly: inputsOnly)
        }
        let console = session.console
        if result.json {
            return console.output(
                try JSONOutput.text(
                    Result(
                        file: export.file.string, size: export.size, inputs: export.inputs,
                        results: export.results)))
        }
        console.output(export.file.string)
        console.message(
            "Packed \(export.inputs) sources and packages and \(export.results) results:"
                + " \(Readable.bytes(export.size))")
    }
}
