import Diagnostics

/// The actions that turn recipes into artifacts, each after those it waits for.
package struct Plan: Sendable, Hashable {
    package let actions: [Action]

    /// Orders actions so that each comes after its dependencies, keeping the given order otherwise.
    ///
    /// - Parameter actions: unique by id.
    /// - Throws: `Failure` of kind `internalError` for a cycle or an unknown dependency.
    package init(_ actions: [Action]) throws {
        var pending = actions
        var ordered: [Action] = []
        var done: Set<ActionID> = []
        while !pending.isEmpty {
            let ready = pending.filter { $0.dependencies.isSubset(of: done) }
            guard !ready.isEmpty else {
                let stuck = pending.map(\.id.description).joined(separator: ", ")
                throw Failure(.internalError, "the plan has a cycle or lacks an action: \(stuck)")
            }
            ordered += ready
            done.formUnion(ready.map(\.id))
            pending.removeAll { done.contains($0.id) }
        }
        self.actions = ordered
    }
}

/// Actions that a plan is made of, each once, in the order in which they were added.
struct PlanDraft {
    private var actions: [ActionID: Action] = [:]
    private var order: [ActionID] = []

    /// Adds an action unless it is there.
    mutating func add(_ action: Action) -> ActionID {
        if actions.updateValue(action, forKey: action.id) == nil { order.append(action.id) }
        return action.id
    }

    /// The plan of what was added so far.
    ///
    /// - Throws: `Failure` of kind `internalError` for an unknown dependency.
    func plan() throws -> Plan {
        try Plan(order.compactMap { actions[$0] })
    }
}
