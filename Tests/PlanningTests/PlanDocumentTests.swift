import Diagnostics
import Foundation
import Recipe
import Testing

@testable import Planning

@Suite struct PlanDocumentTests {
    private func document() throws -> PlanDocument {
        let fixture = try PlanFixture()
        let planner = Planner(catalog: try fixture.catalog(), packageSets: [fixture.packageSet])
        return PlanDocument(
            try planner.plan(fixture.cells(), goal: .packages), packageSets: [fixture.packageSet])
    }

    @Test func aPlanSurvivesBeingWrittenDown() throws {
        let document = try document()
        let read = try JSONDecoder().decode(
            PlanDocument.self, from: try JSONEncoder().encode(document))
        #expect(read == document)
        #expect(try read.plan() == document.plan())
    }

    @Test func thePartThatLeadsToOnePackageHasNothingElse() throws {
        let plan = try document().plan()
        let part = try plan.leading(to: [
            ActionID("package ruby-3.3.8-trim bookworm/amd64")
        ])
        #expect(
            part.actions.map(\.id.description) == [
                "root build bookworm/amd64", "fetch ruby3.3_3.3.8.orig.tar.xz",
                "compile ruby-3.3.8 bookworm/amd64", "derive ruby-3.3.8-trim bookworm/amd64",
                "package ruby-3.3.8-trim bookworm/amd64",
            ])
    }
}
