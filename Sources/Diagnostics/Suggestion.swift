/// Finds the known word that a mistyped one probably meant.
package enum Suggestion {
    /// The nearest candidate, or nil when nothing is near enough to be worth saying.
    ///
    /// Near means at most a third of the word's length in edits (and always at least one).
    package static func nearest(to word: String, among candidates: some Sequence<String>) -> String?
    {
        let limit = max(1, word.count / 3)
        let ranked = candidates.map { ($0, distance(word.lowercased(), $0.lowercased())) }
            .filter { $0.1 <= limit }
        return ranked.min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
    }

    /// A hint such as ``did you mean `trim`? known: plain, trim``.
    package static func hint(for word: String, among candidates: [String]) -> String {
        let known = "known: \(candidates.joined(separator: ", "))"
        guard let nearest = nearest(to: word, among: candidates) else { return known }
        return "did you mean `\(nearest)`? \(known)"
    }

    /// Damerau-Levenshtein distance with adjacent transpositions, the commonest typing error.
    static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left)
        let b = Array(right)
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                let substitution = rows[i][j] + (a[i] == b[j] ? 0 : 1)
                var best = min(substitution, rows[i][j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    best = min(best, rows[i - 1][j - 1] + 1)
                }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
