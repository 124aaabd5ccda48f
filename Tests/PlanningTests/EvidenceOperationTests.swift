import Digest
import Lock
import Recipe
import Testing

@testable import Planning

@Suite struct EvidenceOperationTests {
    private func operation(_ id: String, of plan: Plan) throws -> (Action, EvidenceOperation) {
        let action = try #require(plan.actions.first { "\($0.id)" == id })
        guard case .evidence(let operation) = action.operation else {
            throw TestFailure.noEvidence
        }
        return (action, operation)
    }

    private enum TestFailure: Error { case noEvidence }

    @Test func itHasThePlanOfItsPackageAndNothingElse() throws {
        let fixture = try PlanFixture()
        let (_, operation) = try operation(
            "evidence ruby-3.3.8-trim bookworm/amd64", of: fixture.plan())
        #expect(
            operation.plan.actions.map(\.id.description) == [
                "root build bookworm/amd64", "fetch ruby3.3_3.3.8.orig.tar.xz",
                "compile ruby-3.3.8 bookworm/amd64", "derive ruby-3.3.8-trim bookworm/amd64",
                "package ruby-3.3.8-trim bookworm/amd64",
            ])
        #expect(operation.goal == ActionID("package ruby-3.3.8-trim bookworm/amd64"))
        #expect(operation.plan.packageSets.map(\.members.count) == [fixture.members.count])
        let stanzas = operation.plan.packageSets.flatMap(\.members).map(\.stanza)
        #expect(Set(stanzas) == [""])
        #expect(
            operation.projectFiles.map(\.path) == [
                "Patches/ruby-3.3/0001-malloc-trim-after-major-gc.patch",
                "Recipes/steps/assert-build.rb", "Recipes/steps/configure.sh",
                "Recipes/steps/rustc.sh", "Recipes/steps/stage.rb",
            ])
    }

    @Test func anAllocatorsPackagesAreNoFilesOfTheProject() throws {
        let fixture = try PlanFixture()
        let library = PlanFixture.member("libjemalloc2", isBase: false)
        let set = fixture.packageSet.adding([
            PackageAddition(
                name: PackageAddition.variant("jemalloc"), request: SHA256Digest(of: ""),
                members: [library])
        ])
        let plan = try Planner(catalog: fixture.catalog(), packageSets: [set])
            .plan(fixture.cells("3.3@jemalloc:bookworm/amd64"), goal: .packages)
        let (action, operation) = try operation(
            "evidence ruby-3.3.8-jemalloc bookworm/amd64", of: plan)
        #expect(operation.additions == [library.withoutStanza])
        #expect(!operation.projectFiles.contains { $0.sha256 == library.sha256 })
        #expect(action.inputs["libraries/\(library.fileName)"] == .blob(library.sha256))
        #expect(operation.preparation.map(\.title).contains("unpack the allocator"))
    }

    @Test func debugSymbolsAreNotRun() throws {
        let (action, operation) = try operation(
            "evidence ruby-3.3.8-trim-dbgsym bookworm/amd64", of: PlanFixture().plan())
        #expect(operation.preparation.map(\.title) == ["read the control files"])
        #expect(action.inputs[EvidenceOperation.inventoryScript] == nil)
        #expect(operation.goal == ActionID("dbgsym ruby-3.3.8-trim bookworm/amd64"))
    }

    @Test func theLockIsNamedWhereThereIsOne() throws {
        let fixture = try PlanFixture()
        let lock = ProjectLock(releases: [], patches: [], recipes: [], platforms: [])
        let plan = try Planner(
            catalog: fixture.catalog(), packageSets: [fixture.packageSet], lock: lock
        ).plan(fixture.cells(), goal: .packages)
        let (_, operation) = try operation("evidence ruby-3.3-plain bookworm/amd64", of: plan)
        #expect(try operation.lockDigest == lock.digest(of: #require(fixture.cells().first)))
        let (_, without) = try self.operation(
            "evidence ruby-3.3-plain bookworm/amd64", of: fixture.plan())
        #expect(without.lockDigest == nil)
    }
}
