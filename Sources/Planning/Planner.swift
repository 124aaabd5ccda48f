import Diagnostics
import Digest
package import Lock
package import Recipe

/// Turns cells of recipes into actions; pure, so that a plan can be shown without running it.
package struct Planner: Sendable {
    /// How far a plan goes.
    package enum Goal: Sendable, Hashable {
        case packages
        case smokedPackages
        /// Packages, and what Ruby's own tests say of each variant.
        case testedPackages
    }

    /// Where the base compile is configured to live; every tree is relocatable.
    package static let basePrefix = "/opt/rubies/ruby"
    /// What lintian may say of packages; the smoke check of that name reads it.
    private static let lintianRecipe = "Recipes/lintian.yaml"
    /// What memory packages may hold; the smoke check `memory` reads it.
    private static let gatesRecipe = "Recipes/gates.yaml"
    /// Of an interpreter's 34 MB tree xz's level 2 makes 7.3 MB and its default 6.4, but for more
    /// than three times the processor's time; every package of every variant pays it.
    private static let compression = ["-Zxz", "-z2"]
    /// The sections of debug files are compressed already: xz would save another 3 % in 17 times
    /// the time of gzip.
    private static let debugCompression = ["-Zgzip", "-z1"]
    /// Roots carry one fixed date: any will do, as long as it never changes.
    package static let rootEpoch = 1_577_836_800

    let catalog: Catalog
    private let packageSets: [PackageSet]
    private let lock: ProjectLock?

    /// - Parameters:
    ///   - catalog: the recipes.
    ///   - packageSets: the package set of every suite and architecture that is planned for.
    ///   - lock: the lock that they were taken from, for the packages' evidence.
    package init(
        catalog: Catalog, packageSets: [PackageSet], lock: ProjectLock? = nil
    ) {
        self.catalog = catalog
        self.packageSets = packageSets
        self.lock = lock
    }

    /// The actions that make the packages of cells.
    ///
    /// - Throws: `Failure` of kind `internalError` when a package set is missing, `usage` when Ruby's
    ///   own tests are wanted of a series that names none.
    package func plan(_ cells: [Cell], goal: Goal) throws -> Plan {
        var draft = PlanDraft()
        for cell in cells {
            let set = try packageSet(of: cell)
            let buildRoot = draft.add(root(set, baseOnly: false))
            let source = draft.add(fetch(cell))
            let base = draft.add(try compile(cell, root: buildRoot, source: source))
            let derived = draft.add(try derive(cell, set: set, root: buildRoot, from: .base(base)))
            var packages: Set<ActionID> = []
            for names in PackageNames.installable(cell, vendor: catalog.project.vendor) {
                let package = draft.add(
                    self.package(cell, names, set: set, root: buildRoot, derived: derived))
                packages.insert(package)
                let debug = draft.add(debugSymbols(cell, names, root: buildRoot, derived: derived))
                let leading = try draft.plan()
                let debugNames = names.debugSymbols(of: cell, vendor: catalog.project.vendor)
                for (names, made) in [(names, package), (debugNames, debug)] {
                    _ = draft.add(
                        try evidence(
                            cell, names, set: set, root: buildRoot, package: made, of: leading))
                }
                if goal == .smokedPackages {
                    let bareRoot = draft.add(root(set, baseOnly: true))
                    _ = draft.add(
                        smoke(
                            cell, names, set: set, root: bareRoot, source: source, package: package)
                    )
                }
            }
            if goal == .testedPackages {
                _ = draft.add(
                    try check(cell, set: set, root: buildRoot, base: base, after: packages))
            }
        }
        return try draft.plan()
    }

    /// The action that makes a package of a cell.
    package static func packageAction(of cell: Cell, _ names: PackageNames) -> ActionID {
        ActionID("\(names.isDebug ? "dbgsym" : "package") \(names.subject) \(platform(cell))")
    }

    /// The action that writes down what a package of a cell is made of.
    package static func evidenceAction(of cell: Cell, _ names: PackageNames) -> ActionID {
        let subject = names.subject + (names.isDebug ? "-dbgsym" : "")
        return ActionID("evidence \(subject) \(platform(cell))")
    }

    /// The action that tries a package of a cell.
    package static func smokeAction(of cell: Cell, _ names: PackageNames) -> ActionID {
        ActionID("smoke \(names.subject) \(platform(cell))")
    }

    /// The action that runs Ruby's own tests of a cell.
    package static func checkAction(of cell: Cell) -> ActionID {
        ActionID("check \(subject(cell))")
    }

    /// Ruby's own tests of a cell.
    ///
    /// - Throws: `Failure` of kind `usage` for a series that names none.
    package static func tests(of cell: Cell) throws -> RubyTests {
        guard let tests = cell.series.tests else {
            throw Failure(
                .usage, "the recipe of series \(cell.series.series) names no tests of Ruby's own",
                hint: "add `tests` to it, or leave out --check")
        }
        return tests
    }

    /// Every argument that `configure` is given for a cell.
    package static func configureArguments(of cell: Cell) -> [String] {
        BuildSteps.configureArguments(cell.series, cell.suite)
    }

    /// The files of the project that plans name as inputs; they must be in the store.
    package var projectFiles: [ProjectFile] {
        catalog.files(under: "Recipes") + catalog.files(under: "Patches")
    }

    /// The word that packages' names begin with.
    package var vendor: String { catalog.project.vendor }

    static func subject(_ cell: Cell) -> String {
        "ruby-\(cell.release.version)-\(cell.variant.name) \(platform(cell))"
    }

    private static func platform(_ cell: Cell) -> String {
        "\(cell.suite.name)/\(cell.architecture)"
    }

    func packageSet(of cell: Cell) throws -> PackageSet {
        let set = packageSets.first {
            $0.suite == cell.suite.name && $0.architecture == cell.architecture.rawValue
        }
        guard let set else {
            throw Failure(
                .internalError, "no package set of \(cell.suite.name)/\(cell.architecture)")
        }
        return set
    }

    func root(_ set: PackageSet, baseOnly: Bool) -> Action {
        let members = set.members.filter { $0.isBase || !baseOnly }
        return Action(
            id: ActionID("root \(baseOnly ? "bare" : "build") \(set.suite)/\(set.architecture)"),
            inputs: [:],
            operation: .root(
                RootOperation(
                    suite: set.suite, architecture: set.architecture, baseOnly: baseOnly,
                    packages: members.map(\.sha256), epoch: Self.rootEpoch)))
    }

    func fetch(_ cell: Cell) -> Action {
        let source = cell.release.source
        let origin: FetchOperation.Origin =
            switch source {
            case .upstream(let upstream): .upstream(addresses: upstream.urls)
            case .debian(let debian):
                .debian(
                    suite: debian.suite, package: debian.package, version: debian.version,
                    file: debian.file)
            }
        return Action(
            id: ActionID("fetch \(source.fileName)"), inputs: [:],
            operation: .fetch(
                FetchOperation(origin: origin, sha256: source.sha256, size: source.size)))
    }

    private func compile(_ cell: Cell, root: ActionID, source: ActionID) throws -> Action {
        let patches = catalog.sourcePatches(series: cell.series)
        var inputs: [String: ActionInput] = [
            "root": .output(root, "root"), "source": .output(source, "source"),
        ]
        for path in BuildSteps.compileScripts { inputs[path] = blob(try scriptFile(path)) }
        for file in patches { inputs[file.path] = blob(file) }
        return Action(
            id: ActionID(
                "compile ruby-\(cell.release.version) \(cell.suite.name)/\(cell.architecture)"),
            inputs: inputs,
            operation: .steps(
                BuildSteps.compile(
                    series: cell.series, release: cell.release, suite: cell.suite,
                    patches: patches.map(\.path))))
    }

    func package(
        _ cell: Cell, _ names: PackageNames, set: PackageSet, root: ActionID, derived: ActionID
    ) -> Action {
        var inputs: [String: ActionInput] = [
            "root": .output(root, "root"), "install": .output(derived, "install"),
        ]
        for (path, member) in allocatorPackages(of: cell, set: set) {
            inputs[path] = .blob(member.sha256)
        }
        let summary =
            switch names.scope {
            case .release: "Ruby \(cell.release.version), \(cell.variant.summary)"
            case .series: "Ruby \(cell.series.series), \(cell.variant.summary)"
            }
        return Action(
            id: Self.packageAction(of: cell, names), inputs: inputs,
            operation: .package(
                packageOperation(
                    cell, names, summary: summary,
                    description: cell.variant.description + "\n" + Self.about(names.scope, cell),
                    depends: cell.variant.depends, debugSymbolsOf: nil)))
    }

    /// What is written down of a package: all that leads to it, and what is in it.
    private func evidence(
        _ cell: Cell, _ names: PackageNames, set: PackageSet, root: ActionID, package: ActionID,
        of plan: Plan
    ) throws -> Action {
        let libraries = allocatorPackages(of: cell, set: set)
        let document = PlanDocument(
            try plan.leading(to: [package]), packageSets: [set]
        ).withoutStanzas
        let inventory = BuildSteps.inventory(cell, names, libraries: libraries.map(\.path))
        let operation = EvidenceOperation(
            plan: document, goal: package, release: cell.release.version.description,
            variant: cell.variant.name, distribution: cell.suite.distribution,
            additions: libraries.map(\.member.withoutStanza), lockDigest: lock?.digest(of: cell),
            builderVersion: Builder.version, preparation: inventory.steps,
            environment: inventory.environment)
        var inputs: [String: ActionInput] = [
            "root": .output(root, "root"), "deb": .output(package, "deb"),
        ]
        for file in operation.projectFiles { inputs[file.path] = .blob(file.sha256) }
        if !names.isDebug {
            for (path, member) in libraries { inputs[path] = .blob(member.sha256) }
            let script = EvidenceOperation.inventoryScript
            inputs[script] = blob(try scriptFile(script))
        }
        return Action(
            id: Self.evidenceAction(of: cell, names), inputs: inputs,
            operation: .evidence(operation))
    }

    private static func about(_ scope: PackageNames.Scope, _ cell: Cell) -> String {
        switch scope {
        case .release: "It stays at this release: every release is a package of its own.\n"
        case .series:
            "It follows the newest release of the series \(cell.series.series), in one place; gems"
                + " that people installed survive an upgrade.\n"
        }
    }

    func debugSymbols(
        _ cell: Cell, _ names: PackageNames, root: ActionID, derived: ActionID
    ) -> Action {
        let debug = names.debugSymbols(of: cell, vendor: catalog.project.vendor)
        return Action(
            id: Self.packageAction(of: cell, debug),
            inputs: ["root": .output(root, "root"), "install": .output(derived, "debug")],
            operation: .package(
                packageOperation(
                    cell, debug, summary: "debug symbols of \(names.name)",
                    description: "With these, debuggers show functions and source lines of Ruby's"
                        + " own code.\n",
                    depends: ["\(names.name) (= \(names.version))"], debugSymbolsOf: names.name)))
    }

    private func packageOperation(
        _ cell: Cell, _ names: PackageNames, summary: String, description: String,
        depends: [String], debugSymbolsOf: String?
    ) -> PackageOperation {
        PackageOperation(
            vendor: catalog.project.vendor, name: names.name, version: names.version,
            suite: cell.suite.name, architecture: cell.architecture.rawValue,
            maintainer: catalog.project.maintainer,
            homepage: catalog.project.homepage ?? "https://www.ruby-lang.org/",
            prefix: names.prefix, summary: summary, description: description, depends: depends,
            debugSymbolsOf: debugSymbolsOf, epoch: Int(cell.release.sourceDateEpoch),
            compression: debugSymbolsOf == nil ? Self.compression : Self.debugCompression)
    }

    private func smoke(
        _ cell: Cell, _ names: PackageNames, set: PackageSet, root: ActionID, source: ActionID,
        package: ActionID
    ) -> Action {
        var inputs: [String: ActionInput] = [
            "root": .output(root, "root"), "deb": .output(package, "deb"),
            // The checks that compile what the release is made of have its source.
            "source": .output(source, "source"),
        ]
        let scripts = ["Recipes/smoke", "Recipes/workloads"].flatMap(catalog.files(under:))
        for file in scripts + [Self.lintianRecipe, Self.gatesRecipe].compactMap(catalog.file) {
            inputs[file.path] = blob(file)
        }
        let debug = names.debugSymbols(of: cell, vendor: catalog.project.vendor)
        let wanted = catalog.smoke.checks(for: cell.variant).filter {
            names.scope == .release || !$0.isForReleaseOnly
        }
        let checks = wanted.map { check in
            SmokeOperation.Check(
                name: check.name, reason: check.reason, method: method(check.method),
                tools: check.tools + (check.needsDebugSymbols ? [debug.name] : []))
        }
        if wanted.contains(where: \.needsDebugSymbols) {
            inputs[SmokeOperation.debugSymbols] = .output(
                Self.packageAction(of: cell, debug), "deb")
        }
        let additions = [PackageAddition.variant(cell.variant.name), PackageAddition.smoke]
        let pool = set.members + additions.flatMap(set.addition)
        return Action(
            id: Self.smokeAction(of: cell, names), inputs: inputs,
            operation: .smoke(
                SmokeOperation(
                    vendor: catalog.project.vendor, package: names.name, version: names.version,
                    suite: cell.suite.name, architecture: cell.architecture.rawValue,
                    prefix: names.prefix, release: cell.release.version.description,
                    variant: cell.variant.name, mallocTrim: cell.variant.mallocTrim,
                    allocator: cell.variant.allocator?.library, checks: checks,
                    pool: Set(pool.map(\.sha256)).sorted())))
    }

    private func method(_ method: SmokeCheck.Method) -> SmokeOperation.Check.Method {
        switch method {
        case .script(let path): .script(path)
        case .life(let event): .life(event)
        }
    }

    /// Ruby's own tests of a variant, once its packages are made.
    private func check(
        _ cell: Cell, set: PackageSet, root: ActionID, base: ActionID, after packages: Set<ActionID>
    ) throws -> Action {
        let tests = try Self.tests(of: cell)
        let patches = catalog.patches(series: cell.series, variant: cell.variant)
        let libraries = allocatorPackages(of: cell, set: set)
        var inputs: [String: ActionInput] = [
            "root": .output(root, "root"), "tree": .output(base, "tree"),
        ]
        for file in patches { inputs[file.path] = blob(file) }
        for (path, member) in libraries { inputs[path] = .blob(member.sha256) }
        return Action(
            id: Self.checkAction(of: cell), inputs: inputs,
            operation: .check(
                BuildSteps.check(
                    tests, cell: cell, patches: patches.map(\.path),
                    libraries: libraries.map(\.path))), after: packages)
    }

    func scriptFile(_ path: String) throws -> ProjectFile {
        guard let file = catalog.file(path) else {
            throw Failure(
                .usage, "the project has no `\(path)`, which every build runs",
                hint: "restore it from the project's history")
        }
        return file
    }

    func blob(_ file: ProjectFile) -> ActionInput {
        .blob(SHA256Digest(of: file.bytes))
    }
}
