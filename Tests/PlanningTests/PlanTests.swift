import Diagnostics
import Digest
import Testing

@testable import Planning

@Suite struct PlanTests {
    private func action(_ name: String, needs: [String] = []) -> Action {
        Action(
            id: ActionID(name),
            inputs: Dictionary(
                uniqueKeysWithValues: needs.map { ($0, .output(ActionID($0), "output")) }),
            operation: .steps(StepsOperation(steps: [], environment: [:], outputs: [:])))
    }

    private func order(_ actions: [Action]) throws -> [String] {
        try Plan(actions).actions.map(\.id.description)
    }

    @Test func actionsComeAfterTheirDependenciesAndElseAsGiven() throws {
        let actions = [
            action("d", needs: ["b", "c"]), action("c", needs: ["a"]), action("b", needs: ["a"]),
            action("a"), action("z"),
        ]
        #expect(try order(actions) == ["a", "z", "c", "b", "d"])
        #expect(try order([]) == [])
    }

    @Test func aCycleIsRefused() {
        let actions = [
            action("a"), action("b", needs: ["c"]), action("c", needs: ["b"]),
        ]
        let failure = #expect(throws: Failure.self) { try Plan(actions) }
        #expect(failure?.kind == .internalError)
        #expect(failure?.message == "the plan has a cycle or lacks an action: b, c")
    }

    @Test func anActionThatNeedsItselfIsRefused() {
        #expect(throws: Failure.self) { try Plan([action("a", needs: ["a"])]) }
    }

    @Test func anUnknownDependencyIsRefused() {
        let failure = #expect(throws: Failure.self) {
            try Plan([action("a"), action("b", needs: ["nobody"])])
        }
        #expect(failure?.kind == .internalError)
        #expect(failure?.message.hasSuffix(": b") == true)
    }
}
