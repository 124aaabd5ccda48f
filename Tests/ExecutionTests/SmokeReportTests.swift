import Digest
import Foundation
import FoundationXML
import Planning
import Testing

@testable import Execution

/// Reports for people, for programs, and for CI systems.
@Suite struct SmokeReportTests {
    private static let checks = [
        SmokeReport.Check(
            name: "install", reason: "it installs", outcome: .passed, output: "installed",
            seconds: 2.0004),
        SmokeReport.Check(
            name: "yaml", reason: "YAML <works>", outcome: .failed,
            output: "first\n\u{1B}[31mPsych & \"libyaml\"\u{0} differ\u{1B}[0m", seconds: 0.25),
        SmokeReport.Check(
            name: "zlib", reason: "zlib works", outcome: .skipped, output: "not made", seconds: 0),
    ]

    private func report(_ checks: [SmokeReport.Check], scope: SmokeOperation.Scope = .whole)
        -> SmokeReport
    {
        var operation = SmokeOperation(
            vendor: "acme", package: "acme-ruby-3.3.8-trim", version: "3.3.8-1+deb12",
            suite: "bookworm", architecture: "amd64", prefix: "/opt/rubies/ruby-3.3.8-trim",
            release: "3.3.8", variant: "trim", mallocTrim: true, allocator: nil, checks: [],
            pool: [])
        operation.scope = scope
        return SmokeReport(
            of: operation, size: 7, sha256: SHA256Digest(of: "deb"), checks: checks)
    }

    /// What a parser makes of the document: `name attributes text`, a line for each element.
    private final class Reader: NSObject, XMLParserDelegate {
        var elements: [(name: String, attributes: [String: String], text: String)] = []
        private var open: [Int] = []

        static func read(_ text: String) throws -> Reader {
            let reader = Reader()
            let parser = XMLParser(data: Data(text.utf8))
            parser.delegate = reader
            try #require(parser.parse(), "\(String(describing: parser.parserError))")
            return reader
        }

        func parser(
            _: XMLParser, didStartElement name: String, namespaceURI _: String?,
            qualifiedName _: String?, attributes: [String: String]
        ) {
            open.append(elements.count)
            elements.append((name, attributes, ""))
        }

        func parser(_: XMLParser, foundCharacters text: String) {
            if let index = open.last { elements[index].text += text }
        }

        func parser(
            _: XMLParser, didEndElement _: String, namespaceURI _: String?, qualifiedName _: String?
        ) { open.removeLast() }
    }

    @Test func junitIsReadBackAsItWasMeant() throws {
        let text = SmokeJUnit.text(of: [report(Self.checks), report([Self.checks[0]])])
        let elements = try Reader.read(text).elements
        let suites = elements.filter { $0.name == "testsuite" }.map(\.attributes)
        #expect(
            suites.map { $0["name"] }
                == Array(
                    repeating: "acme-ruby-3.3.8-trim 3.3.8-1+deb12 bookworm/amd64", count: 2))
        #expect(suites[0]["tests"] == "3")
        #expect(suites[0]["failures"] == "1")
        #expect(suites[0]["skipped"] == "1")
        #expect(suites[0]["time"] == "2.250")
        let all = try #require(elements.first { $0.name == "testsuites" }).attributes
        #expect([all["tests"], all["failures"], all["skipped"]] == ["4", "1", "1"])
        let cases = elements.filter { $0.name == "testcase" }.map(\.attributes)
        #expect(cases.map { $0["name"] } == ["install", "yaml", "zlib", "install"])
        #expect(cases[1]["classname"] == "bookworm.acme-ruby-3.3.8-trim")
        #expect(cases.map { $0["time"] } == ["2.000", "0.250", "0.000", "2.000"])
        let failures = elements.filter { $0.name == "failure" }
        #expect(failures.count == 1)
        #expect(
            failures[0].attributes["message"]
                == "\\x1B[31mPsych & \"libyaml\"\\x00 differ\\x1B[0m")
        #expect(
            failures[0].text == "first\n\\x1B[31mPsych & \"libyaml\"\\x00 differ\\x1B[0m")
        #expect(elements.count { $0.name == "skipped" } == 1)
        #expect(elements.contains { $0.name == "system-out" && $0.text == "YAML <works>" })
    }

    @Test func everyCharacterOfTheFirstPlaneIsSafeInXML() throws {
        let all = String(
            String.UnicodeScalarView((UInt32(0)...0xFFFF).compactMap(Unicode.Scalar.init)))
        let element = try #require(
            try Reader.read("<a b=\"\(SmokeJUnit.escaped(all))\">\(SmokeJUnit.escaped(all))</a>")
                .elements.first)
        #expect(element.text == element.attributes["b"])
        #expect(element.text.unicodeScalars.contains("\t"))
        #expect(element.text.contains("\\x00\\x01"))
        #expect(element.text.contains("\u{E9}"))
    }

    @Test func theSummaryNamesWhatFailed() {
        #expect(report(Self.checks).summary == "1 of 3 checks failed: yaml")
        #expect(report([Self.checks[0]]).summary == "1 check passed")
    }

    @Test func jsonHasNameReasonOutcomeSecondsAndOutput() throws {
        let data = try JSONEncoder().encode(report(Self.checks, scope: .part))
        let json = try #require(
            try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            json.keys.sorted() == [
                "architecture", "checks", "package", "schema", "scope", "sha256", "size", "suite",
                "version",
            ])
        #expect(json["scope"] as? String == "part")
        let checks = try #require(json["checks"] as? [[String: Any]])
        #expect(
            checks[1].keys.sorted() == ["name", "outcome", "output", "reason", "seconds"])
        #expect(checks.map { $0["outcome"] as? String } == ["passed", "failed", "skipped"])
        #expect(try JSONDecoder().decode(SmokeReport.self, from: data).checks == Self.checks)
    }
}
