import Digest
import HostSystem
import Planning
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// What would run, and why.
@Suite struct PlanInspectorTests {
    private static let patch = SHA256Digest(of: "a patch")
    private static let tree = SHA256Digest(of: "a tree")

    private func plan(patch: SHA256Digest = patch, step: String = "true") throws -> Plan {
        func steps(_ word: String) -> Planning.Operation {
            .steps(
                StepsOperation(
                    steps: [.init("make", [word], in: "/build")], environment: [:],
                    outputs: ["tree": "tree"]))
        }
        return try Plan([
            Action(id: ActionID("compile a"), inputs: [:], operation: steps("make")),
            Action(
                id: ActionID("derive a"),
                inputs: ["tree": .output(ActionID("compile a"), "tree"), "1.patch": .blob(patch)],
                operation: steps(step)),
        ])
    }

    /// A home in which the plan was run.
    private func withHome(_ body: (PlanInspector, ArtifactStore) throws -> Void) async throws {
        try await Scratch.with { folder in
            let home = Home(folder.appending("home"))
            try await home.exclusively(holder: "a test", wait: false, onWait: { _ in }) {
                let store = ArtifactStore(home: home)
                try store.insert(Array("a tree".utf8))
                for action in try plan().actions {
                    let inputs = action.inputs.mapValues { input in
                        if case .blob(let digest) = input { digest } else { Self.tree }
                    }
                    try ActionResults(store: store).record(
                        ActionResult(
                            action: action.id.description,
                            outputs: ["tree": .init(sha256: Self.tree, size: 6)], seconds: 7,
                            inputs: inputs, operation: action.operation.digest()),
                        for: action.key(resolved: inputs))
                }
                try body(PlanInspector(store: store), store)
            }
        }
    }

    private func reasons(_ planned: [PlannedAction]) -> [[String]] { planned.map(\.reasons) }

    @Test func whatWasRunIsFresh() async throws {
        try await withHome { inspector, _ in
            let planned = try inspector.inspect(plan())
            #expect(reasons(planned) == [[], []])
            #expect(planned.map(\.seconds) == [7, 7])
        }
    }

    @Test func theInputThatChangedIsNamed() async throws {
        try await withHome { inspector, _ in
            let planned = try inspector.inspect(plan(patch: SHA256Digest(of: "another")))
            #expect(reasons(planned) == [[], ["`1.patch` changed"]])
        }
    }

    @Test func otherStepsAreAReason() async throws {
        try await withHome { inspector, _ in
            let planned = try inspector.inspect(plan(step: "false"))
            #expect(reasons(planned) == [[], ["what it does changed"]])
        }
    }

    @Test func aLostResultIsAReasonAndOthersWaitForIt() async throws {
        try await withHome { inspector, store in
            try Files.remove(store.path(of: Self.tree))
            #expect(
                try reasons(inspector.inspect(plan())) == [
                    ["its result is no longer in the home"], ["`compile a` must run first"],
                ])
        }
    }

    @Test func inAnEmptyHomeNothingRanYet() async throws {
        try await Scratch.with { folder in
            let store = ArtifactStore(home: Home(folder.appending("none")))
            let planned = try PlanInspector(store: store).inspect(plan())
            #expect(
                reasons(planned) == [
                    ["it never ran in this home"], ["`compile a` must run first"],
                ])
            #expect(!Files.exists(folder.appending("none")))
        }
    }
}
