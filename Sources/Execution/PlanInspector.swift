package import Digest
import Foundation
package import Planning
package import Store

/// An action of a plan, and whether it would run.
package struct PlannedAction: Sendable, Hashable {
    package let action: Action
    /// Why it must run; empty when its result is in the home.
    package let reasons: [String]
    /// Wall-clock seconds of its last run, under whatever key; nil when it never ran.
    package let seconds: Double?

    package var isFresh: Bool { reasons.isEmpty }
}

/// Tells what a plan would do in a home, and why, without doing it.
package struct PlanInspector: Sendable {
    private let store: ArtifactStore

    package init(store: ArtifactStore) {
        self.store = store
    }

    /// Looks at every action in the plan's order.
    ///
    /// - Throws: `Failure` of kind `environment` when the home cannot be read.
    package func inspect(_ plan: Plan) throws -> [PlannedAction] {
        let results = ActionResults(store: store)
        var last: [String: ActionResult] = [:]
        for (_, result, _) in try results.all().sorted(by: { $0.finished < $1.finished }) {
            last[result.action] = result
        }
        var made: [ActionID: ActionResult] = [:]
        return try plan.actions.map { action in
            let before = last[action.id.description]
            let waiting = action.dependencies.filter { made[$0] == nil }.sorted()
            var reasons = waiting.map { "`\($0)` must run first" }
            if waiting.isEmpty {
                let inputs = Self.inputs(of: action, made)
                if let known = results.result(for: try action.key(resolved: inputs)) {
                    made[action.id] = known
                } else {
                    reasons = try Self.reasons(for: action, inputs, since: before)
                }
            }
            return PlannedAction(action: action, reasons: reasons, seconds: before?.seconds)
        }
    }

    /// The results of a plan that are in the home, in the plan's order.
    ///
    /// - Throws: never in practice; encoding plain values can only fail on a defect.
    package func finished(_ plan: Plan) throws -> [(key: SHA256Digest, result: ActionResult)] {
        let results = ActionResults(store: store)
        var made: [ActionID: ActionResult] = [:]
        var finished: [(key: SHA256Digest, result: ActionResult)] = []
        for action in plan.actions where action.dependencies.allSatisfy({ made[$0] != nil }) {
            let key = try action.key(resolved: Self.inputs(of: action, made))
            guard let known = results.result(for: key) else { continue }
            made[action.id] = known
            finished.append((key, known))
        }
        return finished
    }

    private static func inputs(of action: Action, _ made: [ActionID: ActionResult])
        -> [String: SHA256Digest]
    {
        action.inputs.compactMapValues { input in
            switch input {
            case .blob(let digest): digest
            case .output(let id, let name): made[id]?.outputs[name]?.sha256
            }
        }
    }

    /// What is different from the last run of the same name.
    private static func reasons(
        for action: Action, _ inputs: [String: SHA256Digest], since last: ActionResult?
    ) throws -> [String] {
        guard let last else { return ["it never ran in this home"] }
        guard let before = last.inputs else { return ["something that goes in changed"] }
        var reasons: [String] = []
        for name in Set(inputs.keys).union(before.keys).sorted() {
            let words = word(for: name, of: action)
            switch (before[name], inputs[name]) {
            case (nil, _): reasons.append("\(words) is new")
            case (_, nil): reasons.append("\(words) is gone")
            case (let old, let new): if old != new { reasons.append("\(words) changed") }
            }
        }
        if last.operation != (try action.operation.digest()) {
            reasons.append("what it does changed")
        }
        return reasons.isEmpty ? ["its result is no longer in the home"] : reasons
    }

    private static func word(for input: String, of action: Action) -> String {
        guard case .output(let id, _) = action.inputs[input] else { return "`\(input)`" }
        return "what `\(id)` made"
    }
}
