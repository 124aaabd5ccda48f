import Testing

@testable import Diagnostics

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("", "", 0), ("trim", "trim", 0), ("trim", "", 4), ("", "trim", 4),
        ("trim", "tirm", 1), ("trim", "trin", 1), ("trim", "tri", 1), ("trim", "ttrim", 1),
        ("revison", "revision", 1), ("plain", "trim", 4), ("kitten", "sitting", 3),
    ])
    func distance(left: String, right: String, expected: Int) {
        #expect(Suggestion.distance(left, right) == expected)
        #expect(Suggestion.distance(right, left) == expected)
    }

    @Test(
        arguments: [
            ("trin", "trim"), ("TRIM", "trim"), ("tirm", "trim"), ("pl", nil),
            ("jemaloc", "jemalloc"),
            ("xy", nil), ("", nil), ("plains", "plain"),
        ] as [(String, String?)])
    func nearest(word: String, expected: String?) {
        #expect(
            Suggestion.nearest(to: word, among: ["plain", "trim", "jemalloc"]) == expected)
    }

    @Test func equallyNearWordsGiveTheFirstByName() {
        #expect(Suggestion.nearest(to: "3.3.9", among: ["3.3.8", "3.3.7"]) == "3.3.7")
        #expect(Suggestion.nearest(to: "3.3.9", among: ["3.3.7", "3.3.8"]) == "3.3.7")
    }

    @Test func hintNamesTheNearestAndAllKnown() {
        #expect(
            Suggestion.hint(for: "trin", among: ["plain", "trim"])
                == "did you mean `trim`? known: plain, trim")
        #expect(Suggestion.hint(for: "zzzz", among: ["plain", "trim"]) == "known: plain, trim")
    }
}
