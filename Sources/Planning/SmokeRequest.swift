import Diagnostics
package import Digest
import Recipe

/// What a person wants tried, when it is not every check on the packages that the plan makes.
package struct SmokeRequest: Sendable, Hashable {
    /// A .deb that was made elsewhere.
    package struct Deb: Sendable, Hashable {
        package let file: String
        /// In the store already.
        package let sha256: SHA256Digest
        package let package: String
        package let version: String
        package let architecture: String
        /// The folders with a `bin/ruby` in the package.
        package let prefixes: [String]

        package init(
            file: String, sha256: SHA256Digest, package: String, version: String,
            architecture: String, prefixes: [String]
        ) {
            self.file = file
            self.sha256 = sha256
            self.package = package
            self.version = version
            self.architecture = architecture
            self.prefixes = prefixes
        }
    }

    /// Names of the checks to make; nil for every one.
    package let only: [String]?
    package let deb: Deb?

    package init(only: [String]?, deb: Deb?) {
        self.only = only
        self.deb = deb
    }

    /// The plan with its smoke actions changed as asked for, less what they then do not need.
    ///
    /// - Parameter plan: a plan that tries packages.
    /// - Returns: the changed plan; results of its smoke actions do not stand for a whole trial.
    /// - Throws: `Failure` of kind `usage` when the .deb is not the package that the plan tries, or
    ///   when none of the checks is made of a package.
    package func applied(to plan: Plan) throws -> Plan {
        guard only != nil || deb != nil else { return plan }
        var actions: [ActionID: Action] = [:]
        for action in plan.actions { actions[action.id] = action }
        let trials = plan.actions.filter(\.isSmoke)
        let chosen = try deb.map { [try match($0, among: trials)] } ?? trials
        for action in chosen {
            guard case .smoke(var operation) = action.operation else { continue }
            var inputs = action.inputs
            if let only {
                operation.scope = .part
                operation.checks = try Self.narrowed(operation, to: only)
            }
            let symbols = "\(operation.package)-dbgsym"
            if let deb {
                operation.scope = .foreign
                inputs["deb"] = .blob(deb.sha256)
                // The symbols that the plan makes are not those of another .deb.
                operation.checks.removeAll { $0.tools.contains(symbols) }
            }
            if !operation.checks.contains(where: { $0.tools.contains(symbols) }) {
                inputs[SmokeOperation.debugSymbols] = nil
            }
            actions[action.id] = Action(
                id: action.id, inputs: inputs, operation: .smoke(operation))
        }
        return try Plan(Self.needed(by: chosen.map(\.id), in: actions, order: plan))
    }

    /// Nothing can be tried that is not installed, so that check stays.
    private static func narrowed(_ operation: SmokeOperation, to names: [String]) throws
        -> [SmokeOperation.Check]
    {
        guard operation.checks.contains(where: { names.contains($0.name) }) else {
            throw Failure(
                .usage,
                "\(names.map { "`\($0)`" }.joined(separator: ", ")) is not tried of"
                    + " \(operation.package)",
                hint: "its checks: \(operation.checks.map(\.name).joined(separator: ", "))")
        }
        return operation.checks.filter {
            names.contains($0.name) || $0.method == .life(.install)
        }
    }

    private func match(_ deb: Deb, among trials: [Action]) throws -> Action {
        let known = trials.compactMap { action -> (action: Action, operation: SmokeOperation)? in
            guard case .smoke(let operation) = action.operation else { return nil }
            return (action, operation)
        }
        // A cell has several packages; the nearest one tells best what differs.
        let differences = known.map {
            (action: $0.action, lines: Self.difference(deb, $0.operation))
        }
        guard let best = differences.min(by: { $0.lines.count < $1.lines.count }) else {
            throw Failure(.internalError, "the plan tries no package")
        }
        guard best.lines.isEmpty else {
            throw Failure(
                .usage, "`\(deb.file)` is not the package that the selection means",
                details: best.lines)
        }
        return best.action
    }

    private static func difference(_ deb: Deb, _ wanted: SmokeOperation) -> [String] {
        var pairs = [
            ("package", deb.package, wanted.package), ("version", deb.version, wanted.version),
            ("architecture", deb.architecture, wanted.architecture),
        ]
        if !deb.prefixes.contains(wanted.prefix) {
            pairs.append(
                (
                    "prefix",
                    deb.prefixes.isEmpty ? "none" : deb.prefixes.joined(separator: ", "),
                    wanted.prefix
                ))
        }
        return pairs.filter { $0.1 != $0.2 }.map { "\($0): \($1) instead of \($2)" }
    }

    private static func needed(
        by ids: [ActionID], in actions: [ActionID: Action], order: Plan
    ) -> [Action] {
        var wanted: Set<ActionID> = []
        var pending = ids
        while let id = pending.popLast() {
            guard wanted.insert(id).inserted else { continue }
            pending += actions[id]?.dependencies ?? []
        }
        return order.actions.compactMap { wanted.contains($0.id) ? actions[$0.id] : nil }
    }
}
