import ArgumentParser
import Diagnostics
import Planning
import Recipe
import Terminal
import Workflow

/// `lapidary build`.
struct BuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Build packages and keep them in the home.",
        discussion: """
            With --check, Ruby's own tests are run of each variant once its package is made: \
            btest, test-basic, and the parts of test-all that the series' recipe names. A test that \
            fails fails the command, unless the recipe lists it with the reason. It takes some \
            minutes for each variant.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup(title: "Work") var work: WorkOptions
    @OptionGroup(title: "Lock") var lock: LockOptions
    @OptionGroup var result: ResultOptions
    @Flag(help: "Run Ruby's own tests too.")
    var check = false
    @Flag(help: "Build on the home's disk even where memory has room for it.")
    var onDisk = false
    @Flag(help: "Show what would be done, as `lapidary plan` does, and do nothing.")
    var dryRun = false
    @Argument(help: "What to build, such as 3.3@plain,trim:bookworm.")
    var selections: [String] = []

    func run() async throws {
        let session = try Session(global, work, lock, buildsOnDisk: onDisk)
        let selections = try selections.map(Selection.parse)
        if dryRun {
            let plan = PlanResult(
                try PlanWorkflow(context: session.context).run(
                    selections, goal: check ? .testedPackages : .packages))
            if result.json { return session.console.output(try JSONOutput.text(plan)) }
            return plan.print(on: session.console)
        }
        let summary = try await session.run { context in
            try await BuildWorkflow(context: context).run(
                selections, goal: check ? .testedPackages : .packages)
        }
        try BuildResult(summary).print(on: session.console, asJSON: result.json)
    }
}

/// How a command shows what it found.
struct ResultOptions: ParsableArguments {
    @Flag(help: "Print the result as JSON on standard output.")
    var json = false
}
