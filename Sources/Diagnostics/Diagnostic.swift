/// A place in a text file, counted from 1 as editors do.
package struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
    package let file: String
    package let line: Int
    package let column: Int

    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String { "\(file):\(line):\(column)" }
}

/// One problem found in what people wrote (recipes, patches), with its place and a way out.
package struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
    package let location: SourceLocation
    package let message: String
    package let hint: String?

    package init(_ message: String, at location: SourceLocation, hint: String? = nil) {
        self.location = location
        self.message = message
        self.hint = hint
    }

    package var description: String {
        "\(location): error: \(message)" + (hint.map { "; \($0)" } ?? "")
    }
}

extension Failure {
    /// All problems of a set of files as one failure, so that a person sees every one at once.
    package static func malformed(_ diagnostics: [Diagnostic]) -> Failure {
        let count = diagnostics.count == 1 ? "1 problem" : "\(diagnostics.count) problems"
        return Failure(
            .usage, "the recipes have \(count)", details: diagnostics.map(\.description))
    }
}
