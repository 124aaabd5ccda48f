import Diagnostics

extension CatalogChecks {
    /// Checks that the suites, for which a series lists known failures, exist, and that what is left
    /// out is named as test-all names it.
    func checkTests() {
        let suites = draft.names(in: CatalogDraft.suiteFolder)
        for recipe in draft.series {
            let named = recipe.value.tests?.knownFailures.keys.sorted() ?? []
            for suite in named where !suites.contains(suite) {
                problems.report(
                    "there is no suite `\(suite)`",
                    at: recipe.location("tests", "known-failures", .key(suite)),
                    hint: Suggestion.hint(for: suite, among: suites))
            }
            for name in recipe.value.tests?.leftOut.keys.sorted() ?? []
            where name.wholeMatch(of: /[A-Z][A-Za-z0-9_:]*#test_[a-z0-9_]+/) == nil {
                problems.report(
                    "`\(name)` is not the name of a test",
                    at: recipe.location("tests", "left-out", .key(name)),
                    hint: "write it as test-all does, such as `TestGC#test_stat`")
            }
        }
    }
}
