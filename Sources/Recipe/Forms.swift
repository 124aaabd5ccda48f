import Diagnostics
import Digest

/// The forms of the scalars that recipes are made of.
extension Form where Value == String {
    /// A validated name (see `Pattern.isName`).
    static let name = matching(
        "a name of a-z, 0-9, `.`, `+` and `-` (no `..`, at most 60)", Pattern.isName)
    static let fileName = matching("a file name without folders", Pattern.isFileName)
    static let library = matching(
        "a library's name as the linker's -l takes it, such as `jemalloc`", Pattern.isLibrary)
    static let path = matching("a path below the project's root", Pattern.isPath)
    static let debianVersion = matching("a Debian version", Pattern.isDebianVersion)
    static let relation = matching(
        "a package such as `libc6` or `libc6 (>= 2.36)`", Pattern.isRelation)
    static let address = matching("an https:// address", Pattern.isSecureAddress)
    static let maintainer = matching("like `Name <mail@host>`", Pattern.isMaintainer)
    static let line = matching("text on one line", Pattern.isLine)
    static let paragraph = matching("text") { !$0.allSatisfy(\.isWhitespace) }

    private static func matching(
        _ expected: String, _ accepts: @escaping @Sendable (String) -> Bool
    ) -> Form {
        scalar(expected, placeholder: "") { accepts($0) ? $0 : nil }
    }
}

extension Form where Value == Bool {
    static let boolean = scalar("`true` or `false`", placeholder: false) {
        ["true": true, "false": false][$0]
    }
}

extension Form where Value == Int {
    static let count = scalar("a whole number from 1", placeholder: 1) {
        Pattern.number($0).flatMap { $0 >= 1 ? $0 : nil }
    }
}

extension Form where Value == Int64 {
    /// A file's size in bytes.
    static let size = Form<Int>.count.map { Int64($0) }
}

extension Form where Value == SHA256Digest {
    static let sha256 = scalar(
        "64 lowercase hexadecimal digits", placeholder: SHA256Digest(of: "")
    ) { SHA256Digest(hex: $0) }
}

extension Form where Value == CalendarDate {
    static let date = scalar(
        "a date such as 2025-04-09", placeholder: .epoch
    ) { CalendarDate($0) }
}

extension Form where Value == RubyVersion {
    static let version = scalar(
        "a release such as 3.3.8", placeholder: .unread
    ) { RubyVersion($0) }
}

extension Form where Value == RubySeriesNumber {
    static let series = scalar(
        "a series such as 3.3", placeholder: .unread
    ) { RubySeriesNumber($0) }
}

extension Form where Value: CaseIterable & RawRepresentable<String> {
    /// One of the words of an enumeration; a mistyped one gets a suggestion.
    static func word(_ placeholder: Value) -> Form {
        let words = Value.allCases.map(\.rawValue)
        return Form(placeholder: { placeholder }) { node, subject, problems in
            guard case .scalar(let text) = node.content else {
                problems.report("\(subject) must be a word", at: node.location)
                return nil
            }
            if let word = Value(rawValue: text) { return word }
            problems.report(
                "\(subject) cannot be `\(text)`", at: node.location,
                hint: Suggestion.hint(for: text, among: words))
            return nil
        }
    }
}
