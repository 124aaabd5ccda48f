/// Looks for YAML aliases before anything is parsed.
///
/// The parser resolves an alias as it goes, and a short file of aliases to aliases can stand for
/// billions of values. So a file that holds what looks like an anchor and like an alias is never
/// given to it. The scan knows no quotes: text with both `&word` and `*word` is refused as well.
enum AliasScan {
    /// The line and column, from 1, of the first alias in a text that also holds an anchor.
    static func firstAlias(in text: String) -> (line: Int, column: Int)? {
        var line = 1
        var column = 1
        var previous: Unicode.Scalar = "\n"
        var mark: Unicode.Scalar?
        var hasAnchor = false
        var alias: (line: Int, column: Int)?
        for scalar in text.unicodeScalars {
            // `mark` is a `&` or `*` that begins a word, if a word follows it.
            if let mark, !isBlank(scalar) {
                hasAnchor = hasAnchor || mark == "&"
                if mark == "*", alias == nil { alias = (line, column - 1) }
            }
            mark = (scalar == "&" || scalar == "*") && beginsToken(after: previous) ? scalar : nil
            previous = scalar
            (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
        }
        return hasAnchor ? alias : nil
    }

    private static func beginsToken(after scalar: Unicode.Scalar) -> Bool {
        isBlank(scalar) || "[]{},:?-\"'".unicodeScalars.contains(scalar)
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar == "\u{FEFF}"
    }
}
