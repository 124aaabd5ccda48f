import Diagnostics

/// A file of the project as whoever does the input and output hands it over.
package struct ProjectFile: Sendable, Hashable {
    /// Relative to the project's root, with `/` between the parts: `Recipes/ruby/3.3.yaml`.
    package let path: String
    package let bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    /// The last part of the path.
    package var name: String { String(path.split(separator: "/").last ?? "") }

    /// The file's name without `.yaml`: what a recipe must call itself.
    var stem: String { name.hasSuffix(".yaml") ? String(name.dropLast(5)) : name }

    /// The folder's path without a slash at its end; empty for a file of the root.
    var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }

    /// The text's lines without their ends, whichever kind these are.
    var lines: [String] {
        bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { String(decoding: $0.last == 0x0D ? $0.dropLast() : $0, as: UTF8.self) }
    }

    /// Where the file begins, for problems that have no better place.
    var start: SourceLocation { SourceLocation(file: path, line: 1, column: 1) }
}
