import Diagnostics

/// One field of a control stanza, checked so that printing it can never break the stanza.
package struct ControlField: Sendable, Hashable {
    /// As it was written; look-ups ignore case.
    package let name: String
    /// The first line, then any continuation lines without their leading space.
    package let value: String

    /// Makes a field from a name and a value whose lines are separated by `\n`.
    ///
    /// - Throws: `Failure` of kind `failed` when deb822(5) does not allow the name or the value:
    ///   a blank continuation line, for one, would end the stanza.
    package init(_ name: String, _ value: String) throws {
        guard Self.isName(name.utf8) else {
            throw Failure(.failed, "not a control field name: `\(name)`")
        }
        guard !value.utf8.contains(where: { $0 == 0 || $0 == 13 }) else {
            throw Failure(.failed, "the control field `\(name)` has a control character")
        }
        let lines = value.utf8.split(separator: 10, omittingEmptySubsequences: false)
        for line in lines.dropFirst() where line.allSatisfy(\.isBlank) {
            throw Failure(
                .failed, "the control field `\(name)` has a blank line",
                hint: "write an empty line of text as a dot (deb822(5))")
        }
        self.name = name
        self.value = value
    }

    /// Makes a multi-line field out of plain text, such as a licence.
    ///
    /// Blank lines become dots. A line that already begins with a dot is indented, for a dot in
    /// the first column is reserved (Policy 5.6.13).
    ///
    /// - Parameters:
    ///   - name: the field's name.
    ///   - first: what stands on the line of the name, often a summary; may be empty.
    ///   - text: the lines below; blank lines at its ends are left out.
    /// - Throws: `Failure` of kind `failed` when the name or a character is not allowed.
    package init(_ name: String, first: String, folding text: String) throws {
        var lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false)
            .map { line in
                let kept = line.reversed().drop { $0.isBlank || $0 == 13 || $0 == 12 }.reversed()
                return String(decoding: Array(kept), as: UTF8.self)
            }
        while lines.first?.isEmpty == true { lines.removeFirst() }
        while lines.last?.isEmpty == true { lines.removeLast() }
        let folded = lines.map { line in
            if line.isEmpty { return "." }
            return line.hasPrefix(".") ? " \(line)" : line
        }
        try self.init(name, ([first] + folded).joined(separator: "\n"))
    }

    /// Whether this is the field's name in any case, letter by letter in ASCII.
    package func isNamed(_ other: String) -> Bool {
        name.utf8.count == other.utf8.count
            && zip(name.utf8, other.utf8).allSatisfy { $0.lowercased == $1.lowercased }
    }

    /// Visible ASCII without the colon, not beginning with `#` or `-` (deb822(5)).
    static func isName(_ bytes: some Collection<UInt8>) -> Bool {
        guard let first = bytes.first, first != UInt8(ascii: "#"), first != UInt8(ascii: "-") else {
            return false
        }
        return bytes.allSatisfy { (33...126).contains($0) && $0 != UInt8(ascii: ":") }
    }

    /// The field as deb822 text with a final newline.
    package var text: String {
        let lines = value.utf8.split(separator: 10, omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        let first = lines[0].isEmpty ? "\(name):\n" : "\(name): \(lines[0])\n"
        return first + lines.dropFirst().map { " \($0)\n" }.joined()
    }
}

extension UInt8 {
    /// The small letter of an ASCII letter, and any other byte as it is.
    fileprivate var lowercased: UInt8 { (65...90).contains(self) ? self + 32 : self }

    /// A space or a tab, the only blanks deb822 knows.
    var isBlank: Bool { self == 32 || self == 9 }
}
