/// The shapes of words that recipes may use; what fits none never becomes part of a path or of
/// a command.
package enum Pattern {
    /// A name of ours, which also becomes part of paths and package names:
    /// `[a-z0-9][a-z0-9.+-]*` without `..`, of at most 60 characters, so that several together
    /// still make a file name (255 bytes on Linux).
    package static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 60 else { return false }
        return isLowercase(first) || isDigit(first)
            ? text.utf8.allSatisfy(isNameByte) && !text.contains("..") : false
    }

    /// A single file name: letters, digits and `._+~-`, not beginning with a dot or a dash, of at
    /// most 200 characters.
    package static func isFileName(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first) || isDigit(first),
            text.utf8.count <= 200
        else { return false }
        return text.utf8.allSatisfy {
            isLetter($0) || isDigit($0) || "._+~-".utf8.contains($0)
        }
    }

    /// What a linker's `-l` may be given: `[A-Za-z0-9][A-Za-z0-9_.+-]*`.
    static func isLibrary(_ text: String) -> Bool {
        isFileName(text) && !text.contains("~")
    }

    /// A relative path of file names: no root, no `.`, no `..`, no empty part.
    package static func isPath(_ text: String) -> Bool {
        text.split(separator: "/", omittingEmptySubsequences: false)
            .allSatisfy { isFileName(String($0)) }
    }

    /// A Debian version (deb-version(7)): begins with a digit, then `[A-Za-z0-9.+~:-]`.
    package static func isDebianVersion(_ text: String) -> Bool {
        guard let first = text.utf8.first, isDigit(first) else { return false }
        return text.utf8.allSatisfy {
            isLetter($0) || isDigit($0) || ".+~:-".utf8.contains($0)
        }
    }

    /// A package, alone or with a version: `libc6`, `libc6 (>= 2.36)`.
    static func isRelation(_ text: String) -> Bool {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard let package = parts.first, package.utf8.count > 1, isName(package) else {
            return false
        }
        if parts.count == 1 { return true }
        guard parts.count == 3, parts[1].hasPrefix("("), parts[2].hasSuffix(")") else {
            return false
        }
        return ["<<", "<=", "=", ">=", ">>"].contains(String(parts[1].dropFirst()))
            && isDebianVersion(String(parts[2].dropLast()))
    }

    /// An address that is fetched over TLS, in printable ASCII without spaces.
    package static func isSecureAddress(_ text: String) -> Bool {
        let rest = text.dropFirst("https://".count)
        return text.hasPrefix("https://") && isLetterOrDigit(rest.utf8.first)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// `Name <local@host>`, as Debian's `Maintainer` field wants it.
    static func isMaintainer(_ text: String) -> Bool {
        guard isLine(text), text.hasSuffix(">") else { return false }
        let parts = text.dropLast().split(
            separator: " <", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[0].contains("<") else { return false }
        let mail = parts[1].split(separator: "@", omittingEmptySubsequences: false)
        return mail.count == 2
            && mail.allSatisfy { !$0.isEmpty && !$0.contains { " <>,".contains($0) } }
    }

    /// Text on one line, with no control characters and no blanks around it.
    static func isLine(_ text: String) -> Bool {
        !text.isEmpty && text.first != " " && text.last != " "
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }

    /// A whole number in decimal digits, as written: no sign, no zeros in front.
    package static func number(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy(isDigit), text == "0" || text.first != "0" else {
            return nil
        }
        return Int(text)
    }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isLowercase(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        isLowercase(byte) || (0x41...0x5A).contains(byte)
    }

    private static func isLetterOrDigit(_ byte: UInt8?) -> Bool {
        byte.map { isLetter($0) || isDigit($0) } ?? false
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isLowercase(byte) || isDigit(byte) || ".+-".utf8.contains(byte)
    }
}
