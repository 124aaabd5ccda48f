import Diagnostics
package import Execution
import Lock
package import Planning
package import Recipe
import Store

/// Shows what a build would do: the job behind `plan`.
package struct PlanWorkflow: Sendable {
    private let context: Context

    package init(context: Context) {
        self.context = context
    }

    /// Plans and looks into the home, without the network and without changing anything.
    ///
    /// - Parameters:
    ///   - selections: what would be built; none means what the project file or the defaults say.
    ///   - goal: how far.
    /// - Returns: every action, in the order in which it would run.
    /// - Throws: `Failure` of kind `environment` when nobody knows yet what the roots are made of.
    package func run(_ selections: [Selection], goal: Planner.Goal) throws -> [PlannedAction] {
        let catalog = try ProjectLoader.catalog(of: context.project)
        let cells = try CellSelection.cells(
            of: selections, in: catalog, host: context.host,
            allowsUnverified: context.allowsUnverified)
        let pins = try Pins(cells, of: catalog, context: context)
        let sets = try PackageSets(context: context).known(for: pins.cells, lock: pins.lock)
        let plan = try Planner(catalog: catalog, packageSets: sets, lock: pins.lock)
            .plan(pins.cells, goal: goal)
        return try PlanInspector(store: context.store).inspect(plan)
    }
}
