import Diagnostics

/// One stanza of control data: fields in their order, deb822(5).
package struct ControlStanza: Sendable, Hashable {
    package let fields: [ControlField]

    /// Makes a stanza from fields in the order in which they will be printed.
    ///
    /// - Throws: `Failure` of kind `failed` when a field stands twice.
    package init(_ fields: [ControlField]) throws {
        for (index, field) in fields.enumerated()
        where fields[..<index].contains(where: { $0.isNamed(field.name) }) {
            throw Failure(.failed, "the control field `\(field.name)` stands twice")
        }
        self.fields = fields
    }

    /// The value of a field, whatever the case of its name; nil when there is none.
    package subscript(name: String) -> String? {
        fields.first { $0.isNamed(name) }?.value
    }

    /// The value of a field that has to be there.
    ///
    /// - Parameters:
    ///   - name: the field.
    ///   - source: what the stanza was read from, for the message.
    /// - Returns: the value, which is not empty.
    /// - Throws: `Failure` of kind `failed` naming the field and the source.
    package func required(_ name: String, in source: String) throws -> String {
        guard let value = self[name], !value.isEmpty else {
            throw Failure(.failed, "`\(source)` has no field `\(name)`")
        }
        return value
    }

    /// The stanza as deb822 text with a final newline.
    package var text: String { fields.map(\.text).joined() }
}

extension ControlStanza {
    /// Reads text that holds exactly one stanza.
    ///
    /// - Throws: `Failure` of kind `failed` with the number of the line that is wrong.
    package static func parse(_ text: String, source: String) throws -> ControlStanza {
        let stanzas = try parseAll(text, source: source)
        guard stanzas.count == 1 else {
            throw Failure(
                .failed, "`\(source)` has \(stanzas.count) stanzas where one was expected")
        }
        return stanzas[0]
    }

    /// Reads any number of stanzas, separated by blank lines.
    ///
    /// - Parameters:
    ///   - text: the control data.
    ///   - source: the file's name, for messages.
    /// - Returns: the stanzas in their order; none for blank text.
    /// - Throws: `Failure` of kind `failed` with the number of the line that is wrong.
    package static func parseAll(_ text: String, source: String) throws -> [ControlStanza] {
        var parser = Parser(source: source)
        // Bytes, not characters: Swift takes CR LF for a single character.
        for line in text.utf8.split(separator: 10, omittingEmptySubsequences: false) {
            try parser.take(Substring(line))
        }
        return try parser.finish()
    }

    private struct Parser {
        let source: String
        private var number = 0
        private var stanzas: [ControlStanza] = []
        private var fields: [ControlField] = []
        /// The field being read: its line number, name and lines so far.
        private var open: (line: Int, name: String, lines: [String])?

        init(source: String) { self.source = source }

        mutating func take(_ line: Substring) throws {
            number += 1
            let bytes = line.utf8
            if bytes.allSatisfy(\.isBlank) { return try endStanza() }
            if let first = bytes.first, first.isBlank {
                guard open != nil else { throw malformed("a continuation line without a field") }
                open?.lines.append(String(trimmingEnd(bytes.dropFirst())))
                return
            }
            try endField()
            guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
                throw malformed("expected `Name: value`")
            }
            guard ControlField.isName(bytes[..<colon]) else {
                throw malformed("not a field name: `\(line[..<colon])`")
            }
            let value = bytes[bytes.index(after: colon)...].drop(while: \.isBlank)
            open = (number, String(line[..<colon]), [String(trimmingEnd(value))])
        }

        mutating func finish() throws -> [ControlStanza] {
            try endStanza()
            return stanzas
        }

        private mutating func endStanza() throws {
            try endField()
            guard !fields.isEmpty else { return }
            stanzas.append(try ControlStanza(fields))
            fields = []
        }

        private mutating func endField() throws {
            guard let field = open else { return }
            open = nil
            if fields.contains(where: { $0.isNamed(field.name) }) {
                throw malformed("the field `\(field.name)` stands twice", line: field.line)
            }
            do {
                fields.append(try ControlField(field.name, field.lines.joined(separator: "\n")))
            } catch let failure as Failure {
                throw malformed(failure.message, line: field.line)
            }
        }

        private func malformed(_ why: String, line: Int? = nil) -> Failure {
            Failure(.failed, "`\(source)`, line \(line ?? number): \(why)")
        }
    }
}

private func trimmingEnd(_ bytes: Substring.UTF8View) -> Substring {
    var bytes = bytes
    while let last = bytes.last, last.isBlank { bytes.removeLast() }
    return Substring(bytes)
}
