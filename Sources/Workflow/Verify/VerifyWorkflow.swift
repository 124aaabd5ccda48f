import Diagnostics
import Digest
import Evidence
import Execution
import HostSystem
import Lock
import Planning
package import Recipe
import Store
package import SystemPackage

/// How thoroughly to verify.
package struct VerifyOptions: Sendable, Hashable {
    package let choice: VariationChoice
    /// How many rebuilds shall give the same bytes.
    package let runs: Int
    /// The program that rebuilds: this one.
    package let executable: FilePath
    package let scope: Rebuilder.Scope

    package init(
        choice: VariationChoice, runs: Int, executable: FilePath,
        scope: Rebuilder.Scope = .everything
    ) {
        self.choice = choice
        self.runs = runs
        self.executable = executable
        self.scope = scope
    }
}

/// Rebuilds packages elsewhere in other circumstances and compares: the job behind `verify`.
package struct VerifyWorkflow: Sendable {
    private let context: Context

    package init(context: Context) {
        self.context = context
    }

    /// Verifies the packages that selections mean; those that are not built yet are built first.
    ///
    /// - Parameters:
    ///   - selections: what to verify; none means what the project file or the defaults say.
    ///   - options: how.
    /// - Returns: one verdict for each release, suite and architecture, whose variants are rebuilt
    ///   together.
    /// - Throws: `Failure` when there is nothing to compare with, or the machine cannot rebuild.
    package func run(_ selections: [Selection], _ options: VerifyOptions) async throws -> [Verdict]
    {
        let catalog = try ProjectLoader.catalog(of: context.project)
        return try await BuildWorkflow(context: context).perform(
            selections, of: catalog, goal: .packages
        ) { run in
            var verdicts: [Verdict] = []
            for cells in Self.grouped(run.cells) {
                let planner = Planner(catalog: catalog, packageSets: run.packageSets)
                verdicts.append(try await verify(cells, planner: planner, in: run, options))
            }
            return verdicts
        }
    }

    /// Cells that share a compilation.
    private static func grouped(_ cells: [Cell]) -> [[Cell]] {
        var groups: [[Cell]] = []
        for cell in cells {
            let index = groups.firstIndex {
                $0[0].release == cell.release && $0[0].suite == cell.suite
                    && $0[0].architecture == cell.architecture
            }
            if let index { groups[index].append(cell) } else { groups.append([cell]) }
        }
        return groups
    }

    private func verify(
        _ cells: [Cell], planner: Planner, in run: BuildWorkflow.Run, _ options: VerifyOptions
    ) async throws -> Verdict {
        let isFromScratch = options.scope.isFromScratch
        let vendor = planner.vendor
        let wanted = cells.flatMap { cell in
            PackageNames.installable(cell, vendor: vendor).flatMap { names in
                [names, names.debugSymbols(of: cell, vendor: vendor)].map {
                    ($0, Planner.packageAction(of: cell, $0), cell)
                }
            }
        }
        let evidence = wanted.map { names, _, cell in Planner.evidenceAction(of: cell, names) }
        let plan =
            isFromScratch
            ? try planner.planFromScratch(
                cells, withCompileCache: options.scope == .fromScratch(withCompileCache: true))
            : try run.plan.leading(to: Set(wanted.map(\.1) + evidence))
        let roots = plan.actions.filter { action in
            if case .root = action.operation { return true }
            return false
        }
        var goals = try roots.map { root in
            try goal(root.id.description, root.id, "root", in: run)
        }
        for (names, action, cell) in wanted {
            let deb = "\(names.name)_\(names.version)_\(cell.architecture).deb"
            goals.append(try goal(deb, action, "deb", in: run))
            for kind in EvidenceKind.allCases where !isFromScratch {
                goals.append(
                    try goal(
                        kind.fileName(of: deb), Planner.evidenceAction(of: cell, names),
                        kind.rawValue, in: run))
            }
        }
        let variants = cells.map(\.variant.name).joined(separator: ",")
        let subject = "\(cells[0].release.version)@\(variants):\(cells[0].suite.name)"
        let packages = run.packageSets.first { $0.suite == cells[0].suite.name }?
            .addition(PackageAddition.verify)
        return try await context.withVariationKit(
            of: packages ?? [], in: goals.first { $0.output == "root" }?.expected
        ) { kit in
            let rebuilder = Rebuilder(
                document: PlanDocument(plan, packageSets: run.packageSets),
                outcomes: run.outcomes, kit: kit, tools: .current(context.host),
                executable: options.executable, context: context)
            return try await Verifier(rebuilder: rebuilder, goals: goals).verify(
                subject, options)
        }
    }

    private func goal(
        _ name: String, _ action: ActionID, _ output: String, in run: BuildWorkflow.Run
    ) throws -> Verifier.Goal {
        guard let made = run.outcomes[action]?.result.outputs[output] else {
            throw Failure(.internalError, "`\(action)` made no output `\(output)`")
        }
        return Verifier.Goal(name: name, action: action, output: output, expected: made.sha256)
    }
}
