package import Diagnostics

extension VariationChoice {
    /// Reads a list as people write it: `all`, `none`, `time,locales`, `all,-kernel`, `-timezone`.
    ///
    /// A list that only takes away begins with all, so that `-timezone` never means nothing at all.
    ///
    /// - Parameter list: words with commas between; `+` adds and `-` takes away.
    /// - Returns: what to vary.
    /// - Throws: `Failure` of kind `usage` for an unknown word, with what may have been meant.
    package static func parse(_ list: String) throws(Failure) -> VariationChoice {
        let words = list.split(separator: ",", omittingEmptySubsequences: false)
            .map { String($0.filter { !$0.isWhitespace }) }
        var chosen: Set<Variation> =
            words.allSatisfy { $0.hasPrefix("-") } ? Set(Variation.allCases) : []
        for word in words {
            switch word {
            case "all", "+all": chosen = Set(Variation.allCases)
            case "none", "-all": chosen = []
            default:
                let variation = try variation(word)
                if word.hasPrefix("-") {
                    chosen.remove(variation)
                } else {
                    chosen.insert(variation)
                }
            }
        }
        return VariationChoice(chosen)
    }

    private static func variation(_ word: String) throws(Failure) -> Variation {
        let name = word.trimmingPrefix { $0 == "+" || $0 == "-" }
        if let variation = Variation(rawValue: String(name)) { return variation }
        throw Failure(
            .usage, "there is no variation `\(name)`",
            hint: Suggestion.hint(
                for: String(name),
                among: ["all", "none"] + Variation.allCases.map(\.rawValue)))
    }
}
