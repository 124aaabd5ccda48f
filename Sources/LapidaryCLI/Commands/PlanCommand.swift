import ArgumentParser
import Execution
import Planning
import Recipe
import Terminal
import Workflow

/// `lapidary plan`.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what a build would do, and why; do nothing.",
        discussion: """
            Neither the network nor the home's lock is needed. What waits for another action may \
            turn out fresh when that one makes the same bytes as before.
            """)

    /// How the plan is shown.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, dot
    }

    @OptionGroup var global: GlobalOptions
    @OptionGroup(title: "Work") var work: WorkOptions
    @OptionGroup(title: "Lock") var lock: LockOptions
    @Option(help: "How to show it: text, json, or dot for Graphviz.")
    var format: Format = .text
    @Flag(help: "Plan as far as `lapidary smoke` goes.")
    var smoke = false
    @Argument(help: "What would be built, such as 3.3@plain,trim:bookworm.")
    var selections: [String] = []

    func run() async throws {
        let session = try Session(global, work, lock)
        let actions = try PlanWorkflow(context: session.context).run(
            selections.map(Selection.parse), goal: smoke ? .smokedPackages : .packages)
        let result = PlanResult(actions)
        switch format {
        case .text: result.print(on: session.console)
        case .json: session.console.output(try JSONOutput.text(result))
        case .dot: session.console.output(result.dot)
        }
    }
}
