/// One line of GNU tar's verbose listing, in the quoting style `c` and with numeric owners.
///
/// Such a line is `-rw-r--r-- 0/0   3 2025-04-09 10:41:55 "ruby/gc.c"`, and after the name of a
/// symbolic link ` -> "target"`, of a hard link ` link to "target"`.
package struct ArchiveEntry: Sendable, Hashable {
    /// What an entry is.
    package enum Kind: Sendable, Hashable {
        case file, folder
        case link(to: Name)
        case hardLink(to: Name)
        /// Anything else, by the letter that tar gives it.
        case other(Character)
    }

    /// A name in the archive, without the quotes.
    package struct Name: Sendable, Hashable {
        package let text: String
        /// Whether it is text alone, with no control characters; `text` is as tar quoted it if not.
        package let isText: Bool

        /// The name as messages show it.
        package var shown: String { text.count > 200 ? "\(text.prefix(200))…" : text }

        fileprivate init(quoted: Substring, bytes: [UInt8]) {
            let plain = String(validating: bytes, as: UTF8.self)
            isText =
                plain?.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
                ?? false
            text = isText ? plain ?? "" : String(quoted)
        }
    }

    package let kind: Kind
    /// The mode as ls(1) shows it: `-rw-r--r--`.
    package let mode: String
    /// Bytes.
    package let size: Int64
    package let name: Name

    /// Reads a line; nil for one that is no line of a listing.
    package init?(line: Substring) {
        guard let quote = line.firstIndex(of: "\"") else { return nil }
        let fields = line[..<quote].split(separator: " ")
        var rest = line[quote...]
        guard fields.count >= 4, fields[0].count == 10, let letter = fields[0].first,
            let name = Self.name(&rest)
        else { return nil }
        mode = String(fields[0])
        self.name = name
        switch letter {
        case "-": kind = .file
        case "d": kind = .folder
        case "l":
            guard let target = Self.target(&rest, after: " -> ") else { return nil }
            kind = .link(to: target)
        case "h":
            guard let target = Self.target(&rest, after: " link to ") else { return nil }
            kind = .hardLink(to: target)
        default:
            // A device has two numbers in place of a size.
            kind = .other(letter)
            size = 0
            return
        }
        guard rest.isEmpty, let size = Int64(fields[2]), size >= 0 else { return nil }
        self.size = size
    }

    private static func target(_ rest: inout Substring, after words: String) -> Name? {
        guard rest.hasPrefix(words) else { return nil }
        rest = rest.dropFirst(words.count)
        return name(&rest)
    }

    /// Takes a quoted name off the front.
    private static func name(_ rest: inout Substring) -> Name? {
        guard rest.utf8.first == UInt8(ascii: "\"") else { return nil }
        let quoted = rest.utf8.dropFirst()
        var bytes: [UInt8] = []
        var index = quoted.startIndex
        while index < quoted.endIndex {
            let byte = quoted[index]
            if byte == UInt8(ascii: "\"") {
                rest = Substring(quoted[quoted.index(after: index)...])
                return Name(quoted: Substring(quoted[..<index]), bytes: bytes)
            }
            quoted.formIndex(after: &index)
            if byte == UInt8(ascii: "\\") {
                guard let escaped = Self.escaped(quoted[index...]) else { return nil }
                bytes.append(escaped.byte)
                quoted.formIndex(&index, offsetBy: escaped.length)
            } else {
                bytes.append(byte)
            }
        }
        return nil
    }

    /// What stands after a backslash: a letter, a sign or three octal digits, as in C.
    private static func escaped(_ rest: Substring.UTF8View) -> (byte: UInt8, length: Int)? {
        if let byte = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8) {
            return (byte, min(3, rest.count))
        }
        let letters: [Character: UInt8] = [
            "a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "\\": 0x5C, "\"": 0x22,
        ]
        guard let first = rest.first else { return nil }
        return letters[Character(UnicodeScalar(first))].map { ($0, 1) }
    }
}
