import Diagnostics
import Digest
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
    /// Roots carry one fixed date: any will do, as long as it never changes.
    private static let rootEpoch = 1_577_836_800

    private let catalog: Catalog
    private let packageSets: [PackageSet]

    /// - Parameters:
    ///   - catalog: the recipes.
    ///   - packageSets: the package set of every suite and architecture that is planned for.
    package init(catalog: Catalog, packageSets: [PackageSet]) {
        self.catalog = catalog
        self.packageSets = packageSets
    }

    /// The actions that make the packages of cells.
    ///
    /// - Throws: `Failure` of kind `internalError` when a package set is missing, `usage` when Ruby's
    ///   own tests are wanted of a series that names none.
    package func plan(_ cells: [Cell], goal: Goal) throws -> Plan {
        var actions: [ActionID: Action] = [:]
        var order: [ActionID] = []
        func add(_ action: Action) -> ActionID {
            if actions.updateValue(action, forKey: action.id) == nil { order.append(action.id) }
            return action.id
        }
        for cell in cells {
            let set = try packageSet(of: cell)
            let buildRoot = add(root(set, baseOnly: false))
            let source = add(fetch(cell))
            let base = add(compile(cell, root: buildRoot, source: source))
            let derived = add(try derive(cell, root: buildRoot, base: base))
            let package = add(self.package(cell, root: buildRoot, derived: derived))
            if goal == .smokedPackages {
                let bareRoot = add(root(set, baseOnly: true))
                _ = add(smoke(cell, set: set, root: bareRoot, package: package))
            }
            if goal == .testedPackages {
                _ = add(try check(cell, root: buildRoot, base: base, package: package))
            }
        }
        return try Plan(order.compactMap { actions[$0] })
    }

    /// The action that makes a cell's package.
    package static func packageAction(of cell: Cell) -> ActionID {
        ActionID("package \(subject(cell))")
    }

    /// The action that tries a cell's package.
    package static func smokeAction(of cell: Cell) -> ActionID {
        ActionID("smoke \(subject(cell))")
    }

    /// The action that runs Ruby's own tests of a cell.
    package static func checkAction(of cell: Cell) -> ActionID {
        ActionID("check \(subject(cell))")
    }

    /// Every argument that `configure` is given for a cell.
    package static func configureArguments(of cell: Cell) -> [String] {
        BuildSteps.configureArguments(cell.series, cell.suite)
    }

    /// The files of the project that plans name as inputs; they must be in the store.
    package var projectFiles: [ProjectFile] {
        catalog.files(under: "Recipes") + catalog.files(under: "Patches")
    }

    private static func subject(_ cell: Cell) -> String {
        "ruby-\(cell.release.version)-\(cell.variant.name) \(cell.suite.name)/\(cell.architecture)"
    }

    private func packageSet(of cell: Cell) throws -> PackageSet {
        let set = packageSets.first {
            $0.suite == cell.suite.name && $0.architecture == cell.architecture.rawValue
        }
        guard let set else {
            throw Failure(
                .internalError, "no package set of \(cell.suite.name)/\(cell.architecture)")
        }
        return set
    }

    private func root(_ set: PackageSet, baseOnly: Bool) -> Action {
        let members = set.members.filter { $0.isBase || !baseOnly }
        return Action(
            id: ActionID("root \(baseOnly ? "bare" : "build") \(set.suite)/\(set.architecture)"),
            inputs: [:],
            operation: .root(
                RootOperation(
                    suite: set.suite, architecture: set.architecture, baseOnly: baseOnly,
                    packages: members.map(\.sha256), epoch: Self.rootEpoch)))
    }

    private func fetch(_ cell: Cell) -> Action {
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

    private func compile(_ cell: Cell, root: ActionID, source: ActionID) -> Action {
        Action(
            id: ActionID(
                "compile ruby-\(cell.release.version) \(cell.suite.name)/\(cell.architecture)"),
            inputs: ["root": .output(root, "root"), "source": .output(source, "source")],
            operation: .steps(
                BuildSteps.compile(
                    series: cell.series, release: cell.release, suite: cell.suite)))
    }

    private func derive(_ cell: Cell, root: ActionID, base: ActionID) throws -> Action {
        let patches = catalog.patches(series: cell.series, variant: cell.variant)
        let scripts = [BuildSteps.stageScript, BuildSteps.assertScript]
        var inputs: [String: ActionInput] = [
            "root": .output(root, "root"), "tree": .output(base, "tree"),
        ]
        for file in patches { inputs[file.path] = blob(file) }
        for path in scripts { inputs[path] = blob(try scriptFile(path)) }
        return Action(
            id: ActionID("derive \(Self.subject(cell))"), inputs: inputs,
            operation: .steps(
                BuildSteps.derive(
                    release: cell.release, variant: cell.variant, patches: patches.map(\.path))))
    }

    private func package(_ cell: Cell, root: ActionID, derived: ActionID) -> Action {
        let names = PackageNames(cell: cell, vendor: catalog.project.vendor)
        return Action(
            id: Self.packageAction(of: cell),
            inputs: ["root": .output(root, "root"), "install": .output(derived, "install")],
            operation: .package(
                PackageOperation(
                    vendor: catalog.project.vendor, name: names.exact, version: names.version,
                    suite: cell.suite.name, architecture: cell.architecture.rawValue,
                    maintainer: catalog.project.maintainer,
                    homepage: catalog.project.homepage ?? "https://www.ruby-lang.org/",
                    prefix: names.prefix,
                    summary: "Ruby \(cell.release.version), \(cell.variant.summary)",
                    description: cell.variant.description, depends: cell.variant.depends,
                    epoch: Int(cell.release.sourceDateEpoch))))
    }

    private func smoke(_ cell: Cell, set: PackageSet, root: ActionID, package: ActionID) -> Action {
        let names = PackageNames(cell: cell, vendor: catalog.project.vendor)
        var inputs: [String: ActionInput] = [
            "root": .output(root, "root"), "deb": .output(package, "deb"),
        ]
        for file in catalog.files(under: "Recipes/smoke") {
            inputs[file.path] = blob(file)
        }
        let checks = catalog.smoke.checks(for: cell.variant).map {
            SmokeOperation.Check(name: $0.name, reason: $0.reason, script: $0.script)
        }
        return Action(
            id: Self.smokeAction(of: cell), inputs: inputs,
            operation: .smoke(
                SmokeOperation(
                    vendor: catalog.project.vendor, package: names.exact, version: names.version,
                    suite: cell.suite.name, architecture: cell.architecture.rawValue,
                    prefix: names.prefix, release: cell.release.version.description,
                    variant: cell.variant.name, mallocTrim: cell.variant.mallocTrim,
                    checks: checks, tools: ["gcc", "libc6-dev", "make"],
                    pool: set.members.map(\.sha256))))
    }

    /// Ruby's own tests of a variant, once its package is made.
    private func check(_ cell: Cell, root: ActionID, base: ActionID, package: ActionID) throws
        -> Action
    {
        guard let tests = cell.series.tests else {
            throw Failure(
                .usage, "the recipe of series \(cell.series.series) names no tests of Ruby's own",
                hint: "add `tests` to it, or leave out --check")
        }
        let patches = catalog.patches(series: cell.series, variant: cell.variant)
        var inputs: [String: ActionInput] = [
            "root": .output(root, "root"), "tree": .output(base, "tree"),
        ]
        for file in patches { inputs[file.path] = blob(file) }
        return Action(
            id: Self.checkAction(of: cell), inputs: inputs,
            operation: .check(BuildSteps.check(tests, cell: cell, patches: patches.map(\.path))),
            after: [package])
    }

    private func scriptFile(_ path: String) throws -> ProjectFile {
        guard let file = catalog.file(path) else {
            throw Failure(
                .usage, "the project has no `\(path)`, which every build runs",
                hint: "restore it from the project's history")
        }
        return file
    }

    private func blob(_ file: ProjectFile) -> ActionInput {
        .blob(SHA256Digest(of: file.bytes))
    }
}

/// What the packages of a cell are called and where they are installed.
package struct PackageNames: Sendable, Hashable {
    /// The exact package: `lapidary-ruby-3.3.8-trim`.
    package let exact: String
    /// `3.3.8-1+deb12`.
    package let version: String
    /// `/opt/rubies/ruby-3.3.8-trim`.
    package let prefix: String

    package init(cell: Cell, vendor: String) {
        let tail = "ruby-\(cell.release.version)-\(cell.variant.name)"
        exact = "\(vendor)-\(tail)"
        version = "\(cell.release.version)-\(cell.release.revision)+\(cell.suite.versionSuffix)"
        prefix = "/opt/rubies/\(tail)"
    }
}
