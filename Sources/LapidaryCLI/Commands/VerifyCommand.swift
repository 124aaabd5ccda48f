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

            A .deb that was made anywhere is built again from the evidence beside it: no project, \
            recipe or lock is needed.

            Each subject is GOOD (the same bytes), BAD (other bytes), FAIL (the rebuild failed) or \
            UNKNOWN (this machine cannot tell). Exit code 0 when all are good, 1 for BAD and FAIL, \
            3 for UNKNOWN.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup(title: "Work") var work: WorkOptions
    @OptionGroup(title: "Lock") var lock: LockOptions
    @OptionGroup var result: ResultOptions
    @Option(
        help: ArgumentHelp(
            "What to vary: all, none, names with commas between, or `-name` to leave one out.",
            valueName: "list"))
    var variations = "all"
    @Option(help: ArgumentHelp("How many rebuilds must give the same bytes.", valueName: "count"))
    var runs = 1
    @Flag(help: "Take roots and compiled trees from the home: quicker, and proves less.")
    var afterCompile = false
    @Flag(
        help: """
            Compile every variant by itself from its patched source, and compare that with what was \
            derived from the tree that variants share.
            """)
    var fromScratch = false
    @Flag(
        help: """
            With --from-scratch: take what compilers made from the home too. Minutes less; it proves \
            what deriving does, not what compilers do.
            """)
    var compileCache = false
    @Option(
        help: ArgumentHelp(
            "The provenance of the .deb; default: FILE.intoto.json beside it.", valueName: "file"))
    var evidence: String?
    @Option(
        help: ArgumentHelp(
            "The public keys that may have signed the provenance.", valueName: "file"))
    var keyring: String?
    @Argument(help: "What to verify, such as 3.3@plain,trim:bookworm, or the path of a .deb.")
    var selections: [String] = []

    /// A .deb made anywhere, in place of a selection.
    private var file: String? { selections.first { $0.hasSuffix(".deb") } }

    mutating func validate() throws {
        if runs < 1 { throw ValidationError("--runs takes a count of 1 or more") }
        if file != nil, selections.count > 1 {
            throw ValidationError("a .deb is verified alone")
        }
        if file == nil, evidence != nil || keyring != nil {
            throw ValidationError("--evidence and --keyring go with a .deb")
        }
        if compileCache, !fromScratch {
            throw ValidationError("--compile-cache goes with --from-scratch")
        }
        if fromScratch, afterCompile || file != nil {
            throw ValidationError(
                "--from-scratch goes with selections only, and not with --after-compile")
        }
    }

    func run() async throws {
        let options = VerifyOptions(
            choice: try VariationChoice.parse(variations), runs: runs,
            executable: try Executables.own(),
            scope: fromScratch
                ? .fromScratch(withCompileCache: compileCache)
                : afterCompile ? .afterCompile : .everything)
        let session = try Session(global, work, lock, needsProject: file == nil)
        let selections = file == nil ? try selections.map(Selection.parse) : []
        let verdicts = try await session.run { context in
            guard let file else {
                return try await VerifyWorkflow(context: context).run(selections, options)
            }
            let verdict = try await VerifyFileWorkflow(context: context).run(
                deb: GlobalOptions.absolute(file), statement: evidence.map(GlobalOptions.absolute),
                keyring: keyring.map(GlobalOptions.absolute), options)
            return [verdict]
        }
        try VerifyResult(verdicts).print(on: session.console, asJSON: result.json)
        if let failure = Verdict.failure(of: verdicts) { throw failure }
    }
}
