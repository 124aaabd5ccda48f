import Diagnostics

extension CatalogChecks {
    /// Checks that the suites, for which a series lists known failures, exist.
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
        }
    }
}
