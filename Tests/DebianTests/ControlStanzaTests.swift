import Debian
import Diagnostics
import Testing

@Suite struct ControlStanzaTests {
    private let sample = """
        Package: lapidary-ruby-3.3.8-trim
        Version: 3.3.8-1+deb12
        Depends: libc6 (>= 2.36),
         zlib1g
        Description: Ruby interpreter
         First paragraph.
         .
           verbatim
        Conffiles:
         /etc/a
         /etc/b

        """

    @Test func parsesFieldsInTheirOrder() throws {
        let stanza = try ControlStanza.parse(sample, source: "control")
        #expect(
            stanza.fields.map(\.name) == [
                "Package", "Version", "Depends", "Description", "Conffiles",
            ])
        #expect(stanza["VERSION"] == "3.3.8-1+deb12")
        #expect(stanza["depends"] == "libc6 (>= 2.36),\nzlib1g")
        #expect(stanza["Description"] == "Ruby interpreter\nFirst paragraph.\n.\n  verbatim")
        #expect(stanza["Conffiles"] == "\n/etc/a\n/etc/b")
        #expect(stanza["Recommends"] == nil)
        #expect(stanza.text == sample)
    }

    @Test func separatesStanzasByAnyNumberOfBlankLines() throws {
        let stanzas = try ControlStanza.parseAll("\n\nA: 1\n\n \t\nB: 2", source: "x")
        #expect(stanzas.map(\.text) == ["A: 1\n", "B: 2\n"])
        #expect(try ControlStanza.parseAll("", source: "x").isEmpty)
    }

    @Test(arguments: [
        ("A: 1\nB", "`x`, line 2: expected `Name: value`"),
        (" A: 1", "`x`, line 1: a continuation line without a field"),
        ("A: 1\n\n b", "`x`, line 3: a continuation line without a field"),
        ("A: 1\nB: 2\na: 3\n", "`x`, line 3: the field `a` stands twice"),
        ("#c: 1", "`x`, line 1: not a field name: `#c`"),
        ("A B: 1", "`x`, line 1: not a field name: `A B`"),
        (": 1", "`x`, line 1: not a field name: ``"),
        ("A: 1\r\nB: 2", "`x`, line 1: the control field `A` has a control character"),
    ])
    func namesTheLineThatIsWrong(text: String, message: String) {
        let failure = #expect(throws: Failure.self) {
            try ControlStanza.parseAll(text, source: "x")
        }
        #expect(failure?.message == message)
    }

    @Test func refusesExactlyOneStanzaWhereThereAreTwo() {
        #expect(throws: Failure.self) { try ControlStanza.parse("A: 1\n\nB: 2", source: "x") }
        #expect(throws: Failure.self) { try ControlStanza.parse("\n", source: "x") }
    }

    @Test func neverPrintsAFieldThatWouldBreakTheStanza() throws {
        #expect(throws: Failure.self) { try ControlField("A", "1\n\n2") }
        #expect(throws: Failure.self) { try ControlField("A", "1\n \t") }
        #expect(throws: Failure.self) { try ControlField("-A", "1") }
        #expect(throws: Failure.self) { try ControlField("A:", "1") }
        #expect(throws: Failure.self) {
            try ControlStanza([ControlField("A", "1"), ControlField("a", "2")])
        }
    }

    @Test func foldsPlainText() throws {
        let text = "\n\nOne\n\n  two  \n.three\n\n"
        let field = try ControlField("License", first: "MIT", folding: text)
        #expect(field.text == "License: MIT\n One\n .\n   two\n  .three\n")
        #expect(try ControlField("License", first: "MIT", folding: "").text == "License: MIT\n")
    }

    @Test func parsingUndoesPrinting() throws {
        var random = SeededGenerator(seed: 7)
        let words = ["a", "b c", ".", "#", ":", " x", "é", "-", "Name: value"]
        for _ in 0..<200 {
            let fields = try (0...Int.random(in: 0...5, using: &random)).map { index in
                let lines = (0...Int.random(in: 0...3, using: &random)).map { _ in
                    words[Int.random(in: 0..<words.count, using: &random)]
                }
                // Blanks at the ends of the first line mean nothing, so there are none to keep.
                let first = lines[0].drop { $0 == " " }
                return try ControlField(
                    "F\(index)", ([String(first)] + lines.dropFirst()).joined(separator: "\n"))
            }
            let stanza = try ControlStanza(fields)
            let parsed = try ControlStanza.parse(stanza.text, source: "x")
            #expect(parsed == stanza)
            #expect(parsed.text == stanza.text)
        }
    }
}
