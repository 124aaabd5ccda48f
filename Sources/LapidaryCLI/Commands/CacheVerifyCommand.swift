import ArgumentParser
import Terminal
import Workflow

/// `lapidary cache verify`.
struct CacheVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Digest everything in the home again; drop what is damaged.",
        discussion: """
            Looks at every file of the store, every unpacked root, and every record. Whatever is \
            not as it was is named and dropped, so that the next build makes or fetches it again; \
            the exit code is 4 then.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var options: CacheOptions
    @OptionGroup var result: ResultOptions

    private struct Result: Encodable {
        let schema = JSONOutput.schema
        let ok: Bool
        let files: Int
        let roots: Int
        let results: Int
        /// A sentence for each damaged thing.
        let damages: [String]
    }

    func run() async throws {
        let session = try options.session(global)
        let check = try await session.run { context in
            try await CacheVerifier(context: context).run()
        }
        if result.json {
            session.console.output(
                try JSONOutput.text(
                    Result(
                        ok: check.damages.isEmpty, files: check.files, roots: check.roots,
                        results: check.results, damages: check.damages)))
        }
        if let failure = check.failure { throw failure }
        if !result.json {
            session.console.message(
                "All is whole: \(check.files) files, \(check.roots) roots, \(check.results) results"
            )
        }
    }
}
