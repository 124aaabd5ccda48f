import Diagnostics
package import Digest
package import Execution
import Foundation
import HostSystem
package import Planning
import Provisioning
package import Recipe
import Store
package import SystemPackage

/// A package that was made.
package struct BuiltPackage: Sendable, Hashable {
    package let cell: Cell
    package let names: PackageNames
    /// The .deb under its proper name.
    package let file: FilePath
    package let sha256: SHA256Digest
    /// Bytes.
    package let size: Int64
    /// What smoke testing found, if it was part of the job.
    package let smoke: SmokeReport?
    /// What Ruby's own tests said of the variant, if they were part of the job.
    package let tests: TestReport?
}

/// What a run did.
package struct BuildSummary: Sendable, Hashable {
    package let packages: [BuiltPackage]
    /// Every action with its seconds; those of fresh ones are from the run that made them.
    package let actions: [Executor.Outcome]
}

/// Makes packages, and tries them: the jobs behind `build` and `smoke`.
package struct BuildWorkflow: Sendable {
    private let context: Context

    package init(context: Context) {
        self.context = context
    }

    /// Makes the packages that selections mean.
    ///
    /// - Parameters:
    ///   - selections: what to make; none means what the project file or the defaults say.
    ///   - goal: whether the packages are tried too, or Ruby's own tests are run.
    ///   - repeatsSmoke: whether smoke runs again though its result is known.
    /// - Returns: the packages in the selections' order.
    /// - Throws: `Failure` of what went wrong first.
    package func run(
        _ selections: [Selection], goal: Planner.Goal, repeatsSmoke: Bool = false
    ) async throws -> BuildSummary {
        let catalog = try ProjectLoader.catalog(of: context.project)
        let cells = try CellSelection.cells(of: selections, in: catalog, host: context.host)
        try refuseForeign(cells)
        return try await context.exclusively("lapidary \(Self.verb(goal))") {
            try await Preflight(context: context).require()
            let sets = try await PackageSets(context: context).obtain(for: cells)
            let planner = Planner(catalog: catalog, packageSets: sets)
            for file in planner.projectFiles { try context.store.insert(file.bytes) }
            let plan = try planner.plan(cells, goal: goal)
            let outcomes = try await executor(sets).run(plan) { action in
                if case .smoke = action.operation { return repeatsSmoke }
                return false
            }
            let packages = try cells.map {
                try package($0, vendor: catalog.project.vendor, goal: goal, outcomes: outcomes)
            }
            return BuildSummary(
                packages: packages, actions: plan.actions.compactMap { outcomes[$0.id] })
        }
    }

    private static func verb(_ goal: Planner.Goal) -> String {
        switch goal {
        case .packages: "build"
        case .smokedPackages: "smoke"
        case .testedPackages: "build --check"
        }
    }

    private func refuseForeign(_ cells: [Cell]) throws {
        guard
            let cell = cells.first(where: { $0.architecture.rawValue != context.host.architecture })
        else { return }
        throw Failure(
            .environment,
            "cannot build \(cell) on this \(context.host.architecture) machine",
            hint: "build it on a machine of that architecture")
    }

    private func executor(_ sets: [PackageSet]) -> Executor {
        let context = context
        let fetcher = SourceFetcher(
            store: context.store, runner: context.runner,
            mirror: { try await context.findMirror() },
            protocols: context.allowsInsecureSources ? .any : .secure,
            architecture: context.host.architecture)
        return Executor(
            tools: Executor.Tools(
                store: context.store, runner: context.runner, fetcher: fetcher, packageSets: sets,
                jobs: context.jobs, now: context.now, events: context.events))
    }

    /// Gives the stored .deb its proper name in the home's packages folder.
    private func package(
        _ cell: Cell, vendor: String, goal: Planner.Goal, outcomes: [ActionID: Executor.Outcome]
    ) throws -> BuiltPackage {
        guard let deb = outcomes[Planner.packageAction(of: cell)]?.result.outputs["deb"],
            let stored = try context.store.verified(deb.sha256)
        else { throw Failure(.internalError, "no package was made of \(cell)") }
        let names = PackageNames(cell: cell, vendor: vendor)
        let folder = context.home.packages.appending(cell.suite.name)
        try Files.createDirectory(folder)
        let file = folder.appending("\(names.exact)_\(names.version)_\(cell.architecture).deb")
        try Files.remove(file)
        try Files.linkOrCopy(stored, to: file)
        let report = outcomes[Planner.smokeAction(of: cell)]?.result.outputs["report"]
        return BuiltPackage(
            cell: cell, names: names, file: file, sha256: deb.sha256, size: deb.size,
            smoke: try report.map { try smokeReport($0.sha256) },
            tests: try outcomes[Planner.checkAction(of: cell)]?.result.outputs["report"]
                .map { try testReport($0.sha256) })
    }

    private func smokeReport(_ digest: SHA256Digest) throws -> SmokeReport {
        let bytes = try Files.readBytes(context.store.path(of: digest))
        return try JSONDecoder().decode(SmokeReport.self, from: Data(bytes))
    }

    private func testReport(_ digest: SHA256Digest) throws -> TestReport {
        let bytes = try Files.readBytes(context.store.path(of: digest))
        return try JSONDecoder().decode(TestReport.self, from: Data(bytes))
    }
}
