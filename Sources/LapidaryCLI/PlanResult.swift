import Execution
import Planning
import Terminal

/// What `plan` says, for people, for programs and for Graphviz.
struct PlanResult: Encodable {
    struct Action: Encodable {
        let action: String
        let fresh: Bool
        /// Why it must run; empty when it is fresh.
        let reasons: [String]
        /// Wall-clock seconds of its last run; absent when it never ran here.
        let lastSeconds: Double?
        /// Wall-clock seconds it is expected to take: those of its last run, or what such an action
        /// usually takes.
        let expectedSeconds: Double
        let after: [String]

        init(_ planned: PlannedAction) {
            action = planned.action.id.description
            fresh = planned.isFresh
            reasons = planned.reasons
            lastSeconds = planned.seconds
            expectedSeconds = planned.seconds ?? planned.action.usualSeconds
            after = planned.action.dependencies.map(\.description).sorted()
        }
    }

    let schema = JSONOutput.schema
    let actions: [Action]
    /// Names of the actions that take longest one after another, of those that must run.
    let criticalPath: [String]
    /// Expected wall-clock seconds of that path, below which no number of processors helps.
    let criticalPathSeconds: Double
    /// Expected seconds of all that must run, one after another.
    let workSeconds: Double

    init(_ planned: [PlannedAction]) {
        actions = planned.map(Action.init)
        (criticalPath, criticalPathSeconds) = Self.criticalPath(actions)
        workSeconds = actions.filter { !$0.fresh }.map(\.expectedSeconds).reduce(0, +)
    }

    /// The longest way through the actions that must run.
    private static func criticalPath(_ actions: [Action]) -> ([String], Double) {
        var ways: [String: (seconds: Double, path: [String])] = [:]
        for action in actions where !action.fresh {
            let before = action.after.compactMap { ways[$0] }.max { $0.seconds < $1.seconds }
            ways[action.action] = (
                (before?.seconds ?? 0) + action.expectedSeconds,
                (before?.path ?? []) + [action.action]
            )
        }
        let longest = ways.values.max {
            ($0.seconds, $1.path.count) < ($1.seconds, $0.path.count)
        }
        return (longest?.path ?? [], longest?.seconds ?? 0)
    }

    func print(on console: Console) {
        let rows = actions.map { action in
            [
                action.fresh ? "fresh" : "run", action.action,
                action.lastSeconds.map(Readable.duration) ?? "-",
                action.reasons.joined(separator: ", "),
            ]
        }
        let table = Table(
            header: ["", "ACTION", "LAST TOOK", "WHY"], rows: rows, rightAligned: [2])
        console.output(table.text(style: console.outputStyle))
        let running = actions.filter { !$0.fresh }
        guard !running.isEmpty else {
            return console.message("Nothing to do: all \(actions.count) actions are fresh")
        }
        let new = running.count { $0.lastSeconds == nil }
        console.message(
            "\(running.count) of \(actions.count) actions would run: about"
                + " \(Readable.duration(workSeconds)) of work, at least"
                + " \(Readable.duration(criticalPathSeconds)) whatever runs side by side"
                + (new > 0 ? " (\(new) for the first time here, so by what is usual)" : ""))
        console.message("critical path: \(criticalPath.joined(separator: " → "))")
    }

    /// The graph in the language of dot(1): what would run is bold.
    var dot: String {
        func quoted(_ text: String) -> String {
            "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        }
        var lines = ["digraph plan {", "  rankdir=LR;", "  node [shape=box];"]
        for action in actions {
            lines.append(
                "  \(quoted(action.action)) [style=\(action.fresh ? "dashed" : "bold")];")
            lines += action.after.map { "  \(quoted($0)) -> \(quoted(action.action));" }
        }
        return (lines + ["}"]).joined(separator: "\n")
    }
}
