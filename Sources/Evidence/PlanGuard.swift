import Digest
import Lock
import Planning

/// Looks at a plan that a stranger wrote: nothing in it may become a path outside its folder.
///
/// What the plan's programs do is not judged here; they run in the sandbox.
struct PlanGuard {
    let plan: PlanDocument
    let goal: ActionID

    /// What is wrong with the plan, in words that follow "the evidence was changed:"; nil when
    /// nothing is.
    func problem() -> String? {
        guard let ordered = try? plan.plan(),
            Set(plan.actions.map(\.id)).count == plan.actions.count
        else { return "its plan has a cycle, or lacks an action" }
        guard let last = ordered.actions.first(where: { $0.id == goal }),
            case .package = last.operation
        else { return "its plan does not make the package" }
        guard (try? ordered.leading(to: [goal]))?.actions.count == ordered.actions.count else {
            return "its plan does more than make the package"
        }
        for set in plan.packageSets {
            let words = [set.suite, set.architecture] + set.members.map(\.fileName)
            if let bad = words.first(where: { !Self.isName($0) }) { return Self.odd(bad) }
        }
        for action in plan.actions {
            if let bad = names(of: action).first(where: { !Self.isPath($0) }) {
                return Self.odd(bad)
            }
            if case .package(let package) = action.operation {
                let words = [package.name, package.version, package.suite, package.architecture]
                if let bad = words.first(where: { !Self.isName($0) }) { return Self.odd(bad) }
                guard package.prefix.hasPrefix("/"), Self.isPath(String(package.prefix.dropFirst()))
                else { return Self.odd(package.prefix) }
            }
        }
        return nil
    }

    private static func odd(_ name: String) -> String { "its plan has the odd name `\(name)`" }

    /// What becomes part of a path on the machine that runs the plan.
    private func names(of action: Action) -> [String] {
        var names = Array(action.inputs.keys)
        switch action.operation {
        case .steps(let steps): names += steps.outputs.values
        case .root(let root): names += [root.suite, root.architecture]
        case .fetch(let fetch):
            names.append(fetch.fileName)
            if case .debian(let suite, let package, let version, _) = fetch.origin {
                names += [suite, package, version]
            }
        default: break
        }
        return names
    }

    /// One part of a path.
    static func isName(_ text: String) -> Bool { !text.contains("/") && isPath(text) }

    /// A relative path that stays below its folder.
    static func isPath(_ text: String) -> Bool {
        let allowed = { (byte: UInt8) in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "._+-~:%/".utf8.contains(byte)
        }
        return text.utf8.allSatisfy(allowed)
            && text.split(separator: "/", omittingEmptySubsequences: false)
                .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }
}
