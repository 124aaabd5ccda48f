import ArgumentParser
import Diagnostics
import Foundation
import Terminal
import Workflow

/// `lapidary rebuild`, which `verify` starts in another world.
struct RebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Run a plan that verify wrote, in a home that has its inputs.",
        shouldDisplay: false)

    @OptionGroup var global: GlobalOptions
    @OptionGroup(title: "Work") var work: WorkOptions
    @Argument(help: "The order that verify wrote.")
    var order: String

    func run() async throws {
        let session = try Session(global, work, needsProject: false)
        let order = try RebuildWorkflow.order(in: GlobalOptions.absolute(order))
        umask(mode_t(order.fileMask))
        let result = try await session.run { context in
            try await RebuildWorkflow(context: context).run(order)
        }
        session.console.output(try JSONOutput.text(result))
    }
}
