import ArgumentParser
import Diagnostics
import HostSystem
import Recipe
import Terminal
import Workflow

/// `lapidary verify`.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Build packages again in other circumstances, and compare every byte.",
        discussion: """
            The rebuild runs in a fresh home with the same inputs, while everything varies that \
            must not matter: \(Variation.allCases.map(\.rawValue).joined(separator: ", ")). What \
            was varied, and what could not be, is always printed. When a package differs, further \
            rebuilds find out which variation does it.

            Each subject is GOOD (the same bytes), BAD (other bytes), FAIL (the rebuild failed) or \
            UNKNOWN (this machine cannot tell). Exit code 0 when all are good, 1 for BAD and FAIL, \
            3 for UNKNOWN.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup(title: "Work") var work: WorkOptions
    @OptionGroup var result: ResultOptions
    @Option(
        help: ArgumentHelp(
            "What to vary: all, none, names with commas between, or `-name` to leave one out.",
            valueName: "list"))
    var variations = "all"
    @Option(help: ArgumentHelp("How many rebuilds must give the same bytes.", valueName: "count"))
    var runs = 1
    @Argument(help: "What to verify, such as 3.3@plain,trim:bookworm.")
    var selections: [String] = []

    mutating func validate() throws {
        if runs < 1 { throw ValidationError("--runs takes a count of 1 or more") }
    }

    func run() async throws {
        let selections = try selections.map(Selection.parse)
        let options = VerifyOptions(
            choice: try VariationChoice.parse(variations), runs: runs,
            executable: try Executables.own())
        let session = try Session(global, work)
        let verdicts = try await session.run { context in
            try await VerifyWorkflow(context: context).run(selections, options)
        }
        try VerifyResult(verdicts).print(on: session.console, asJSON: result.json)
        if let failure = Verdict.failure(of: verdicts) { throw failure }
    }
}
