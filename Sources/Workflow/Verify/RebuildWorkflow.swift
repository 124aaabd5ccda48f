import Diagnostics
import Execution
import Foundation
import HostSystem
import Planning
import Provisioning
import Store
package import SystemPackage

/// Runs a written plan in a home that has every input: the part of `verify` that happens in another
/// world.
package struct RebuildWorkflow: Sendable {
    private let context: Context

    package init(context: Context) {
        self.context = context
    }

    /// Reads an order.
    ///
    /// - Throws: `Failure` of kind `usage` for a file that is none.
    package static func order(in file: FilePath) throws -> RebuildOrder {
        let bytes = try Files.readBytes(file)
        guard let order = try? JSONDecoder().decode(RebuildOrder.self, from: Data(bytes)),
            order.schema == RebuildOrder.currentSchema
        else {
            throw Failure(
                .usage, "`\(file)` is no order for a rebuild",
                hint: "`lapidary verify` writes them; run that")
        }
        return order
    }

    /// Does what an order says.
    ///
    /// - Throws: `Failure` of the first action that fails, or of kind `environment` when an input is
    ///   not in the home.
    package func run(_ order: RebuildOrder) async throws -> RebuildResult {
        try await context.exclusively("lapidary rebuild") {
            let plan = try order.document.plan()
            let outcomes = try await context.withMemoryDisk { memory in
                try await executor(of: order, memory).run(plan)
            }
            return RebuildResult(
                made: plan.actions.compactMap { action in
                    outcomes[action.id].map {
                        RebuildResult.Made(
                            action: action.id, outputs: $0.result.outputs,
                            seconds: $0.wasFresh ? 0 : $0.result.seconds)
                    }
                })
        }
    }

    /// What runs the plan of an order, in the world that it asks for.
    func executor(of order: RebuildOrder, _ memory: MemoryDisk? = nil) -> Executor {
        let world = VariedWorld(
            order.variations, clock: order.clock, kit: VariationKit(FilePath(order.kit)))
        let fetcher = SourceFetcher(
            store: context.store, runner: context.runner,
            mirror: {
                throw Failure(
                    .environment, "a rebuild takes nothing from the network",
                    hint: "what it needs was not in the home that is verified; build there")
            },
            protocols: .secure, architecture: context.host.architecture)
        return Executor(
            tools: Executor.Tools(
                store: context.store, runner: context.runner, fetcher: fetcher,
                packageSets: order.document.packageSets, jobs: world.jobs(of: context.jobs),
                now: context.now, events: context.events, world: world.sandbox, memory: memory))
    }
}
