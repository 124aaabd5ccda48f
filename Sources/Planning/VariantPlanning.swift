import Lock
package import Recipe

extension Planner {
    /// What a variant is made from.
    enum Origin {
        /// The compiled tree that all variants share.
        case base(ActionID)
        /// The release's source, and whether compilers may be spared what they compiled before.
        case source(ActionID, withCompileCache: Bool)
    }

    func derive(_ cell: Cell, set: PackageSet, root: ActionID, from origin: Origin) throws
        -> Action
    {
        var patches = catalog.patches(series: cell.series, variant: cell.variant)
        var scripts = [BuildSteps.stageScript, BuildSteps.assertScript]
        if case .source = origin {
            patches = catalog.sourcePatches(series: cell.series) + patches
            scripts += BuildSteps.compileScripts
        }
        let libraries = allocatorPackages(of: cell, set: set)
        var inputs: [String: ActionInput] = ["root": .output(root, "root")]
        for file in patches { inputs[file.path] = blob(file) }
        for path in scripts { inputs[path] = blob(try scriptFile(path)) }
        for (path, member) in libraries { inputs[path] = .blob(member.sha256) }
        let steps: StepsOperation
        switch origin {
        case .base(let base):
            inputs["tree"] = .output(base, "tree")
            steps = BuildSteps.derive(
                cell, patches: patches.map(\.path), libraries: libraries.map(\.path))
        case .source(let source, let withCompileCache):
            inputs["source"] = .output(source, "source")
            steps = BuildSteps.scratch(
                cell, patches: patches.map(\.path), libraries: libraries.map(\.path),
                withCompileCache: withCompileCache)
        }
        return Action(
            id: ActionID("derive \(Self.subject(cell))"), inputs: inputs,
            operation: .steps(steps))
    }

    /// The Debian packages that a variant is linked with, by the paths they have as inputs.
    func allocatorPackages(of cell: Cell, set: PackageSet) -> [(
        path: String, member: PackageSet.Member
    )] {
        guard cell.variant.allocator != nil else { return [] }
        return set.addition(PackageAddition.variant(cell.variant.name)).map {
            ("\(PackageOperation.libraries)/\($0.fileName)", $0)
        }
    }

    /// The actions that make the packages of cells with every variant compiled by itself, from its
    /// patched source: what deriving from a shared tree must be equal to.
    ///
    /// Actions have the names they have in the usual plan. Evidence is no part of it, as that would
    /// tell of other steps.
    ///
    /// - Parameters:
    ///   - cells: whose packages.
    ///   - withCompileCache: whether compilers may be spared what they compiled before, for another
    ///     variant too.
    /// - Returns: the plan.
    /// - Throws: as `plan(_:goal:)`.
    package func planFromScratch(_ cells: [Cell], withCompileCache: Bool) throws -> Plan {
        var draft = PlanDraft()
        for cell in cells {
            let set = try packageSet(of: cell)
            let buildRoot = draft.add(root(set, baseOnly: false))
            let source = draft.add(fetch(cell))
            let made = draft.add(
                try derive(
                    cell, set: set, root: buildRoot,
                    from: .source(source, withCompileCache: withCompileCache)))
            for names in PackageNames.installable(cell, vendor: vendor) {
                _ = draft.add(package(cell, names, set: set, root: buildRoot, derived: made))
                _ = draft.add(debugSymbols(cell, names, root: buildRoot, derived: made))
            }
        }
        return try draft.plan()
    }
}
