import Diagnostics

/// A package name, checked against Debian Policy 5.6.1.
package struct PackageName: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let text: String

    /// Checks a name: lower-case letters, digits and `+ - .`, at least two, the first no mark.
    ///
    /// - Throws: `Failure` of kind `failed` that names the rule.
    package init(_ text: String) throws {
        let bytes = text.utf8
        let isWord = { (byte: UInt8) in byte.isDigit || (97...122).contains(byte) }
        guard bytes.count >= 2, let first = bytes.first, isWord(first),
            bytes.allSatisfy({ isWord($0) || "+-.".utf8.contains($0) })
        else {
            throw Failure(
                .failed, "not a Debian package name: `\(text)`",
                hint: "use at least two of a-z, 0-9, `+`, `-` and `.`, and begin with a letter "
                    + "or digit (Policy 5.6.1)")
        }
        self.text = text
    }

    package var description: String { text }

    /// By bytes, whatever the locale.
    package static func < (left: Self, right: Self) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}
