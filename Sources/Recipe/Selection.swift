import Diagnostics

/// What to build, as people write it: `SERIES|RELEASE[@VARIANT][:SUITE[/ARCH]]`.
///
/// Each part is a comma list or `all`; the architectures bind to the whole list of suites.
package struct Selection: Sendable, Hashable, CustomStringConvertible {
    /// One part of a selection.
    package enum Part: Sendable, Hashable, CustomStringConvertible {
        case all
        /// Never empty.
        case words([String])

        package var description: String {
            switch self {
            case .all: "all"
            case .words(let words): words.joined(separator: ",")
            }
        }
    }

    /// The grammar, for help and error texts.
    package static let grammar =
        "SERIES|RELEASE[@VARIANT][:SUITE[/ARCH]], each part a comma list or `all`"

    /// A selection that leaves everything out.
    package static let everythingLeftOut = Selection(
        rubies: nil, variants: nil, suites: nil, architectures: nil)

    /// Series and releases; `all` is every series.
    package let rubies: Part?
    package let variants: Part?
    package let suites: Part?
    package let architectures: Part?

    /// The selection in its own grammar.
    package var description: String {
        (rubies?.description ?? "") + (variants.map { "@\($0)" } ?? "")
            + (suites.map { ":\($0)" } ?? "") + (architectures.map { "/\($0)" } ?? "")
    }

    /// Reads a selection; what its words mean is seen only against a catalog.
    ///
    /// - Throws: `Failure` of kind `usage` that names what is wrong and shows the grammar.
    package static func parse(_ text: String) throws -> Selection {
        var rest = text[...]
        let parts = try delimiters.reversed().map { delimiter -> Part? in
            guard let index = rest.firstIndex(of: delimiter.mark) else { return nil }
            let list = rest[rest.index(after: index)...]
            rest = rest[..<index]
            return try part(list, delimiter, of: text)
        }
        let rubies = try part(rest, ("@", "series or release"), of: text)
        if parts[0] != nil, parts[1] == nil {
            throw malformed(text, "`/` follows a suite, and there is none")
        }
        return Selection(
            rubies: rubies, variants: parts[2], suites: parts[1], architectures: parts[0])
    }

    /// What begins each further part, in the order of the grammar, and what the part names.
    private static let delimiters: [(mark: Character, what: String)] = [
        ("@", "variant"), (":", "suite"), ("/", "architecture"),
    ]

    private static func part(
        _ list: Substring, _ delimiter: (mark: Character, what: String), of text: String
    ) throws -> Part {
        if list == "all" { return .all }
        let words = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        for word in words {
            if word.isEmpty { throw malformed(text, "it has an empty \(delimiter.what)") }
            if word == "all" { throw malformed(text, "`all` stands alone") }
            if let mark = delimiters.first(where: { word.contains($0.mark) })?.mark {
                throw malformed(
                    text, "`\(mark)` stands twice or out of order in the \(delimiter.what)")
            }
            guard Pattern.isFileName(word) else {
                throw malformed(text, "no \(delimiter.what) can be called `\(word)`")
            }
        }
        return .words(words)
    }

    private static func malformed(_ text: String, _ problem: String) -> Failure {
        Failure(
            .usage, "malformed selection `\(text)`: \(problem)",
            hint: "a selection is \(grammar)")
    }
}
