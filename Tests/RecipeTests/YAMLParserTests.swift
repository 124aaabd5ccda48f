import Diagnostics
import Testing

@testable import Recipe

@Suite struct YAMLParserTests {
    private func parse(_ bytes: [UInt8]) -> (node: YAMLNode?, problems: [String]) {
        let problems = Problems()
        let node = YAMLParser.parse(ProjectFile(path: "f.yaml", bytes: bytes), problems)
        return (node, problems.sorted.map(\.description))
    }

    private func problems(of text: String) -> [String] { parse(Array(text.utf8)).problems }

    private static let anchors =
        "YAML anchors and aliases (`&name`, `*name`) are not accepted; "
        + "write the value out, or quote the text"

    @Test(arguments: [
        ("", "1:1: error: the file is empty"),
        ("# only a comment\n", "1:1: error: the file is empty"),
        (
            "a: 1\nb: [\n",
            "3:1: error: malformed YAML: did not find expected node content while parsing a flow node"
        ),
        (
            "a: 1\n b: 2\n",
            "2:3: error: malformed YAML: mapping values are not allowed in this context"
        ),
        (
            "a:\n\t- b\n",
            "2:1: error: malformed YAML: found character that cannot start any token while scanning for the next token"
        ),
        (
            "a: \"b\n",
            "2:1: error: malformed YAML: found unexpected end of stream while scanning a quoted scalar"
        ),
        (
            "a: 1\n---\nb: 2\n",
            "2:1: error: malformed YAML: but found another document expected a single document in the stream"
        ),
        ("a: 1\nb: \u{1}\n", "2:4: error: malformed YAML: control characters are not allowed"),
        ("a: *x\n", "1:4: error: malformed YAML: found undefined alias"),
        ("a: !!int 1\n", "1:4: error: YAML tags such as `tag:yaml.org,2002:int` are not accepted"),
        ("a: !mine [1]\n", "1:4: error: YAML tags such as `!mine` are not accepted"),
        ("? [a]\n: 1\n", "1:3: error: a key must be a word"),
        ("a: &x 1\n", "1:4: error: " + anchors),
        ("a: 1\n&x b: 1\n", "2:1: error: " + anchors),
        ("a: &x [1]\nb: *x\n", "2:4: error: " + anchors),
        ("a: &x [1]\nb: [*x, 2]\n? *x\n: 3\n", "2:5: error: " + anchors),
        ("a: 1\nb: 2\na: 3\n", "3:1: error: duplicate key `a`; it stands on line 1 already"),
        ("{a: 1, 'a': 3}\n", "1:8: error: duplicate key `a`; it stands on line 1 already"),
    ])
    func refuses(text: String, problem: String) {
        #expect(problems(of: text) == ["f.yaml:" + problem])
    }

    @Test func duplicateKeysDoNotHideEachOther() {
        let text = """
            é: {x: 1, x: 2}
            "a": 1
            a: 2
            a: 3
            3.3: 1
            '3.3': 2
            """
        #expect(
            problems(of: text) == [
                "f.yaml:1:11: error: duplicate key `x`; it stands on line 1 already",
                "f.yaml:3:1: error: duplicate key `a`; it stands on line 2 already",
                "f.yaml:4:1: error: duplicate key `a`; it stands on line 2 already",
                "f.yaml:6:1: error: duplicate key `3.3`; it stands on line 5 already",
            ])
    }

    @Test func countlessDuplicatesEndTheReading() {
        let text = String(repeating: "a: 1\n", count: 300)
        #expect(problems(of: text) == ["f.yaml:21:1: error: duplicate key `a`"])
    }

    @Test func bytesThatAreNoText() {
        let bytes = Array("a: 1\nb: ".utf8) + [0xFF, 0x0A]
        #expect(parse(bytes).problems == ["f.yaml:2:1: error: the file is not UTF-8 text"])
    }

    @Test func filesOverOneMebibyte() {
        let bytes = Array(repeating: UInt8(ascii: "#"), count: 1 << 20)
        #expect(parse(bytes).problems == ["f.yaml:1:1: error: the file is empty"])
        #expect(
            parse(bytes + [0x0A]).problems == ["f.yaml:1:1: error: the file is larger than 1 MiB"])
    }

    @Test(.timeLimit(.minutes(10)))
    func aliasBombsAreNeverExpanded() {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...60 {
            text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n"
        }
        text += "? *a60\n: 1\n"
        #expect(problems(of: text) == ["f.yaml:2:10: error: " + Self.anchors])
    }

    @Test(.timeLimit(.minutes(10)))
    func deepNestingIsRefusedNotFollowed() {
        let flow = problems(of: "a: " + String(repeating: "[", count: 500_000))
        let block = problems(of: String(repeating: "- ", count: 500_000))
        #expect(flow.count == 1)
        #expect(block.count == 1)
    }

    @Test(arguments: ["3.10", "no", "~", "0x1F", "1e3", "2025-04-09", "null", "true"])
    func scalarsStayAsWritten(text: String) throws {
        let node = try #require(parse(Array("a: \(text)\n".utf8)).node)
        guard case .mapping(let entries) = node.content,
            case .scalar(let value)? = entries.first?.value.content
        else {
            Issue.record("no scalar")
            return
        }
        #expect(value == text)
    }

    @Test(arguments: [
        "a: R&D and C* too\n", "a: b & c, d * e\n", "a: x&y\nb: x*y\n", "a: '&x'\n", "a: '*x'\n",
    ])
    func ampersandsAndStarsInTextAreFine(text: String) {
        #expect(problems(of: text) == [])
    }

    @Test func placesOfKeysAndEntries() throws {
        let node = try #require(parse(Array("a:\n  - b: 1\n    c: 2\n".utf8)).node)
        func place(_ path: YAMLNode.Step...) -> String { node.location(of: path).description }
        #expect(place("a") == "f.yaml:1:1")
        #expect(place("a", .index(0)) == "f.yaml:2:5")
        #expect(place("a", .index(0), "c") == "f.yaml:3:5")
        #expect(place("a", .index(0), "d") == "f.yaml:2:5")
        #expect(place("a", .index(1)) == "f.yaml:2:3")
        #expect(place("z") == "f.yaml:1:1")
    }
}
