import Diagnostics
package import Digest
package import Evidence
package import Execution
import Foundation
import HostSystem
import Lock
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
    /// The texts beside the .deb, in the order of their kinds.
    package let evidence: [EvidenceFile]
}

/// A text that lies beside a .deb.
package struct EvidenceFile: Sendable, Hashable {
    package let kind: EvidenceKind
    package let file: FilePath
    package let sha256: SHA256Digest
}

/// What a run did.
package struct BuildSummary: Sendable, Hashable {
    package let packages: [BuiltPackage]
    /// What Ruby's own tests said of each cell; empty when they were no part of the job.
    package let tests: [TestReport]
    /// Every action with its seconds; those of fresh ones are from the run that made them.
    package let actions: [Executor.Outcome]
    /// Wall-clock seconds from the first action to the last.
    package let seconds: Double
}

/// Makes packages, and tries them: the jobs behind `build` and `smoke`.
package struct BuildWorkflow: Sendable {
    private let context: Context

    package init(context: Context) {
        self.context = context
    }

    /// Makes the packages that selections mean, and tries them when that is the goal.
    ///
    /// - Parameters:
    ///   - selections: what to make; none means what the project file or the defaults say.
    ///   - goal: whether the packages are tried too, or Ruby's own tests are run.
    /// - Returns: the packages in the selections' order.
    /// - Throws: `Failure` of what went wrong first, or of every package that failed its smoke test.
    package func run(_ selections: [Selection], goal: Planner.Goal) async throws -> BuildSummary {
        let catalog = try ProjectLoader.catalog(of: context.project)
        return try await perform(selections, of: catalog, goal: goal) { run in
            let packages = try run.cells.flatMap {
                try self.packages(
                    of: $0, vendor: catalog.project.vendor, outcomes: run.outcomes)
            }
            if let failure = try run.trials(in: context.store).failure { throw failure }
            return BuildSummary(
                packages: packages,
                tests: try run.cells.compactMap { try testReport(of: $0, outcomes: run.outcomes) },
                actions: run.ordered, seconds: run.seconds)
        }
    }

    /// A plan that was run.
    struct Run: Sendable {
        let cells: [Cell]
        let plan: Plan
        let packageSets: [PackageSet]
        let outcomes: [ActionID: Executor.Outcome]
        /// Wall-clock seconds that the actions took, several at once.
        let seconds: Double

        /// What was done, in the plan's order.
        var ordered: [Executor.Outcome] { plan.actions.compactMap { outcomes[$0.id] } }
    }

    /// Plans and runs, as the only process that uses the home.
    ///
    /// - Parameters:
    ///   - selections: what to make.
    ///   - catalog: the recipes.
    ///   - goal: how far the plan goes.
    ///   - adjust: changes the plan before it is run.
    ///   - isForced: tells the actions that shall run even though their result is known.
    ///   - body: what is done with the outcomes while the home is still ours.
    /// - Returns: what `body` returns.
    /// - Throws: `Failure` of what went wrong first.
    func perform<Value>(
        _ selections: [Selection], of catalog: Catalog, goal: Planner.Goal,
        adjust: (Plan) async throws -> Plan = { $0 },
        isForced: @escaping @Sendable (Action) -> Bool = { _ in false },
        _ body: (Run) async throws -> Value
    ) async throws -> Value {
        let cells = try CellSelection.cells(
            of: selections, in: catalog, host: context.host,
            allowsUnverified: context.allowsUnverified)
        let pins = try Pins(cells, of: catalog, context: context)
        try refuseForeign(cells)
        if goal == .testedPackages { for cell in cells { _ = try Planner.tests(of: cell) } }
        return try await context.exclusively("lapidary \(Self.verb(goal))") {
            try await Preflight(context: context).require()
            if let note = pins.note { context.events(.note(note)) }
            let cells = pins.cells
            if context.isOffline {
                try pins.requireFiles(in: context.store, runner: context.runner)
            }
            let sets = try await PackageSets(context: context).obtain(for: cells, lock: pins.lock)
            let planner = Planner(catalog: catalog, packageSets: sets, lock: pins.lock)
            for file in planner.projectFiles { try context.store.insert(file.bytes) }
            let plan = try await adjust(try planner.plan(cells, goal: goal))
            let start = ContinuousClock.now
            let outcomes = try await context.withMemoryDisk { memory in
                try await executor(sets, memory).run(plan, isForced: isForced)
            }
            return try await body(
                Run(
                    cells: cells, plan: plan, packageSets: sets, outcomes: outcomes,
                    seconds: (ContinuousClock.now - start) / .seconds(1)))
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

    private func executor(_ sets: [PackageSet], _ memory: MemoryDisk?) -> Executor {
        let context = context
        let fetcher = SourceFetcher(
            store: context.store, runner: context.runner,
            mirror: { try await context.findMirror() },
            protocols: context.allowsInsecureSources ? .any : .secure,
            architecture: context.host.architecture, isOffline: context.isOffline)
        return Executor(
            tools: Executor.Tools(
                store: context.store, runner: context.runner, fetcher: fetcher, packageSets: sets,
                jobs: context.jobs, now: context.now, events: context.events, memory: memory))
    }

    /// Every package of a cell: what people install, each followed by its debug symbols.
    func packages(
        of cell: Cell, vendor: String, outcomes: [ActionID: Executor.Outcome]
    ) throws -> [BuiltPackage] {
        try PackageNames.installable(cell, vendor: vendor).flatMap { names in
            try [names, names.debugSymbols(of: cell, vendor: vendor)].map {
                try package(cell, $0, outcomes: outcomes)
            }
        }
    }

    /// Gives the stored .deb its proper name in the home's packages folder.
    private func package(
        _ cell: Cell, _ names: PackageNames, outcomes: [ActionID: Executor.Outcome]
    ) throws -> BuiltPackage {
        guard let deb = outcomes[Planner.packageAction(of: cell, names)]?.result.outputs["deb"],
            let stored = try context.store.verified(deb.sha256)
        else { throw Failure(.internalError, "no package `\(names.name)` was made of \(cell)") }
        let folder = context.home.packages.appending(cell.suite.name)
        try Files.createDirectory(folder)
        let file = folder.appending("\(names.name)_\(names.version)_\(cell.architecture).deb")
        try put(stored, at: file)
        let report =
            names.isDebug
            ? nil : outcomes[Planner.smokeAction(of: cell, names)]?.result.outputs["report"]
        return BuiltPackage(
            cell: cell, names: names, file: file, sha256: deb.sha256, size: deb.size,
            smoke: try report.map { try SmokeReport.read($0.sha256, from: context.store) },
            evidence: try evidence(
                of: file, from: outcomes[Planner.evidenceAction(of: cell, names)]))
    }

    /// Puts the texts that belong to a .deb beside it.
    private func evidence(of deb: FilePath, from outcome: Executor.Outcome?) throws
        -> [EvidenceFile]
    {
        try EvidenceKind.allCases.map { kind in
            guard let output = outcome?.result.outputs[kind.rawValue],
                let stored = try context.store.verified(output.sha256)
            else { throw Failure(.internalError, "no \(kind.rawValue) was made of `\(deb)`") }
            let file = deb.removingLastComponent()
                .appending(kind.fileName(of: deb.lastComponent?.string ?? ""))
            try put(stored, at: file)
            return EvidenceFile(kind: kind, file: file, sha256: output.sha256)
        }
    }

    private func put(_ stored: FilePath, at file: FilePath) throws {
        try Files.remove(file)
        try Files.linkOrCopy(stored, to: file)
    }

    /// What Ruby's own tests said of a cell, if they were part of the job.
    private func testReport(of cell: Cell, outcomes: [ActionID: Executor.Outcome]) throws
        -> TestReport?
    {
        guard let output = outcomes[Planner.checkAction(of: cell)]?.result.outputs["report"] else {
            return nil
        }
        let bytes = try Files.readBytes(context.store.path(of: output.sha256))
        return try JSONDecoder().decode(TestReport.self, from: Data(bytes))
    }
}
