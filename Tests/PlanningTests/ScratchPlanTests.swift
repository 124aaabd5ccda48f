import Recipe
import Testing

@testable import Planning

/// Every variant compiled by itself: what deriving must be equal to.
@Suite struct ScratchPlanTests {
    private func plans(withCompileCache: Bool = false) throws -> (usual: Plan, scratch: Plan) {
        let fixture = try PlanFixture()
        let cells = try fixture.cells()
        return (
            try fixture.plan(.packages),
            try Planner(catalog: fixture.catalog(), packageSets: [fixture.packageSet])
                .planFromScratch(cells, withCompileCache: withCompileCache)
        )
    }

    private func steps(_ name: String, in plan: Plan) throws -> StepsOperation {
        let action = try #require(plan.actions.first { $0.id == ActionID(name) })
        guard case .steps(let operation) = action.operation else {
            throw TestFailure(words: "`\(name)` has no steps")
        }
        return operation
    }

    struct TestFailure: Error { let words: String }

    @Test func nothingIsSharedButRootAndSource() throws {
        let (usual, scratch) = try plans()
        let shared = usual.actions.filter {
            !["compile", "evidence"].contains($0.id.description.prefix { $0 != " " })
        }
        #expect(Set(scratch.actions.map(\.id)) == Set(shared.map(\.id)))
        let derived = scratch.actions.filter { $0.id.description.hasPrefix("derive ") }
        #expect(derived.count == 2)
        for action in derived {
            #expect(action.inputs["tree"] == nil)
            #expect(action.inputs["source"] != nil)
        }
    }

    @Test(arguments: [false, true])
    func theCompileCacheServesWhereThatIsWanted(isWanted: Bool) throws {
        let (_, scratch) = try plans(withCompileCache: isWanted)
        let operation = try steps("derive ruby-3.3.8-trim bookworm/amd64", in: scratch)
        #expect(operation.usesCompileCache == isWanted)
    }

    @Test func packagesAreMadeInTheSameWay() throws {
        let (usual, scratch) = try plans()
        let packages = scratch.actions.filter { !$0.id.description.hasPrefix("derive ") }
        for action in packages {
            #expect(usual.actions.contains(action), "\(action.id)")
        }
    }

    @Test func aPatchComesBeforeConfigureAndAllIsCompiledOnce() throws {
        let (usual, scratch) = try plans()
        let name = "derive ruby-3.3.8-trim bookworm/amd64"
        let titles = try steps(name, in: scratch).steps.map(\.title)
        let patch = try #require(titles.firstIndex { $0.hasPrefix("apply Patches/") })
        let configure = try #require(titles.firstIndex(of: "configure"))
        let make = try #require(titles.firstIndex(of: "make"))
        #expect(patch < configure && configure < make)
        #expect(titles.count { $0 == "make" } == 1)
        #expect(
            try steps(name, in: scratch).outputs == (try steps(name, in: usual).outputs))
    }
}
