import ArgumentParser
import Foundation
import Terminal
import Workflow

/// `lapidary cache prune`.
struct CachePruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove what nothing refers to, and what was not used.",
        discussion: """
            Files and roots stay as long as a result, a package set or, in a project, its lock \
            refers to them. Without options only others go, and downloads that nobody went on with \
            for a day. --max and --unused-for remove results too, the least recently used first; \
            what a result was made from counts as used with it. Every build notes which results \
            it uses.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var options: CacheOptions
    @OptionGroup var result: ResultOptions
    @Option(
        help: ArgumentHelp(
            "Remove results until the rest takes no more than this, such as 20G or 500M.",
            valueName: "size"))
    var max: ByteCount?
    @Option(
        help: ArgumentHelp(
            "Remove results that were not used for so many days.", valueName: "days"))
    var unusedFor: Int?
    @Flag(help: "Say what would go, and remove nothing.")
    var dryRun = false

    mutating func validate() throws {
        if let unusedFor, !(0...36_500).contains(unusedFor) {
            throw ValidationError("--unused-for takes a number of days, 0 or more")
        }
    }

    func run() async throws {
        let session = try options.session(global)
        let limits = CacheLimits(
            bytes: max?.bytes,
            unusedSince: unusedFor.map { Date(timeIntervalSinceNow: -86_400 * Double($0)) })
        let workflow = CacheWorkflow(context: session.context, project: try global.projectIfAny())
        let removal = try await session.run { _ in
            try await workflow.prune(limits, isDryRun: dryRun)
        }
        try CacheRemovalResult(
            removal, isDryRun: dryRun, limit: max?.bytes, namesResults: true
        )
        .print(on: session.console, asJSON: result.json)
    }
}
