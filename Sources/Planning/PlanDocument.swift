package import Lock

/// A plan with all that running it takes but the bytes of its inputs: it can be written down,
/// carried elsewhere and run there, without recipes.
package struct PlanDocument: Sendable, Hashable, Codable {
    /// The format that this version reads and writes.
    package static let currentSchema = 1

    package let schema: Int
    package let actions: [Action]
    /// What the plan's roots are made of.
    package let packageSets: [PackageSet]

    /// - Parameters:
    ///   - plan: the plan.
    ///   - packageSets: the package sets of its roots; those of other roots are left out.
    package init(_ plan: Plan, packageSets: [PackageSet]) {
        schema = Self.currentSchema
        actions = plan.actions
        let roots = plan.actions.compactMap { action in
            if case .root(let root) = action.operation { return root }
            return nil
        }
        self.packageSets = packageSets.filter { set in
            roots.contains { $0.suite == set.suite && $0.architecture == set.architecture }
        }
    }

    /// A document of parts that fit together already.
    init(schema: Int, actions: [Action], packageSets: [PackageSet]) {
        self.schema = schema
        self.actions = actions
        self.packageSets = packageSets
    }

    /// The plan, ordered anew.
    ///
    /// - Throws: `Failure` of kind `internalError` for a cycle or an unknown dependency.
    package func plan() throws -> Plan { try Plan(actions) }
}

extension Plan {
    /// The part of the plan that some actions need, themselves included.
    ///
    /// - Throws: `Failure` of kind `internalError` when an action is not in the plan.
    package func leading(to goals: Set<ActionID>) throws -> Plan {
        var needed = goals
        for action in actions.reversed() where needed.contains(action.id) {
            needed.formUnion(action.inputs.values.compactMap(\.producer))
        }
        return try Plan(
            actions.filter { needed.contains($0.id) }.map { action in
                Action(
                    id: action.id, inputs: action.inputs, operation: action.operation,
                    after: action.after.intersection(needed))
            })
    }
}
