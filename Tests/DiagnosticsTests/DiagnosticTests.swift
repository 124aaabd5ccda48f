import Testing

@testable import Diagnostics

@Suite struct DiagnosticTests {
    private let place = SourceLocation(file: "Recipes/smoke.yaml", line: 3, column: 5)

    @Test func textHasPlaceMessageAndHint() {
        #expect("\(Diagnostic("no", at: place))" == "Recipes/smoke.yaml:3:5: error: no")
        #expect(
            "\(Diagnostic("no", at: place, hint: "do"))" == "Recipes/smoke.yaml:3:5: error: no; do")
    }

    @Test func malformedCarriesEveryProblem() {
        let one = Failure.malformed([Diagnostic("a", at: place)])
        let two = Failure.malformed([Diagnostic("a", at: place), Diagnostic("b", at: place)])
        #expect(one.kind == .usage)
        #expect(one.message == "the recipes have 1 problem")
        #expect(two.message == "the recipes have 2 problems")
        #expect(two.details.map { $0.suffix(1) } == ["a", "b"])
    }

    @Test func failureTextEndsWithTheHint() {
        let failure = Failure(.environment, "no disk", details: ["0 bytes"], hint: "free some")
        #expect("\(failure)" == "no disk\n0 bytes\nhint: free some")
    }
}
