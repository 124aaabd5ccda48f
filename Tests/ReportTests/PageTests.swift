import Foundation
import Testing

@testable import Report

/// The page and the Markdown, with whatever stands in labels.
@Suite struct PageTests {
    private static let hostile = [
        "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"'><b>&amp;",
        "<!--", "{{title}} {{{data}}}", "a|b\n# c `d` [e](f)",
    ]

    private func hostileReport() throws -> Report {
        let arms = Self.hostile
        let sizes = [
            Self.hostile[0]: Dictionary(
                uniqueKeysWithValues: arms.enumerated().map { ($1, [Double($0 * 10 + 5)]) })
        ]
        let recording = try Fixture.recording(sizes, arms: arms, ruby: Self.hostile[1]) { whole in
            whole["startedAt"] = Self.hostile[0]
            guard var runs = whole["runs"] as? [[String: Any]] else { return }
            runs[0]["notes"] = Self.hostile
            whole["runs"] = runs
        }
        return Fixture.report(
            [recording], maps: [try Fixture.map(Self.hostile[0])], title: Self.hostile[0])
    }

    /// What stands between a tag and the next end tag.
    private func content(after tag: String, in html: String) throws -> String {
        let start = try #require(html.range(of: tag)).upperBound
        let end = try #require(html.range(of: "</script>", range: start..<html.endIndex)).lowerBound
        return String(html[start..<end])
    }

    @Test func hostileLabelsStayText() throws {
        let html = try Fixture.html(try hostileReport())
        #expect(!html.contains("<script>alert"))
        #expect(!html.contains("<img"))
        #expect(!html.contains("<b>&amp;<"))
        // The policy, the data, the library and the page's own.
        #expect(html.components(separatedBy: "<script").count - 1 == 3)
        #expect(html.components(separatedBy: "</script>").count - 1 == 3)
        let data = try content(after: "<script type=\"application/json\" id=\"data\">", in: html)
        #expect(!data.contains("<"))
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any])
        let arms = try #require(json["arms"] as? [[String: Any]])
        #expect(arms.compactMap { $0["label"] as? String } == Self.hostile)
    }

    @Test func thePageNeedsNothingAndRunsOnlyItsOwn() throws {
        let html = try Fixture.html(
            Fixture.report([try Fixture.recording()], maps: [try Fixture.map()]))
        #expect(html.contains("default-src &#39;none&#39;") || html.contains("default-src 'none'"))
        #expect(html.components(separatedBy: "sha256-").count - 1 == 3)
        let outside = html.replacing(try content(after: "<script>", in: html), with: "")
            .replacing("url(#", with: "")
        for word in [" src=\"", "<link", "@import", "url(", "unsafe"] {
            #expect(!outside.contains(word), "\(word)")
        }
        #expect(html.utf8.count < 500_000)
    }

    @Test func everyFigureIsInATable() throws {
        let html = try Fixture.html(
            Fixture.report([try Fixture.recording()], maps: [try Fixture.map()]))
        for text in [
            "<h1>trim keeps 31\u{A0}MB, plain 413\u{A0}MB</h1>", "412.5", "less, sure",
            "RUBY_GC_HEAP_0_INIT_SLOTS=41300", "before: arenas in MB", "glibc 2.36",
        ] {
            #expect(html.contains(text), "\(text)")
        }
        let charts = html.components(separatedBy: "<div class=\"chart\"").count - 1
        let tables = html.components(separatedBy: "<table>").count - 1
        #expect(charts == 8)
        #expect(tables >= charts + 3)
    }

    @Test func markdownTakesHostileLabelsAsText() throws {
        let text = MarkdownReport(try hostileReport()).text
        #expect(!text.contains("<script>"))
        #expect(!text.contains("<img"))
        let lines = text.split(separator: "\n")
        let table = lines.filter { $0.hasPrefix("| a") }
        #expect(table.allSatisfy { $0.hasPrefix("| a\\|b \\# c \\`d\\` \\[e\\](f) |") })
        #expect(!table.isEmpty)
        #expect(!lines.contains { $0.hasPrefix("# c") })
    }

    @Test func markdownTellsTheFindings() throws {
        let text = MarkdownReport(Fixture.report([try Fixture.recording()])).text
        #expect(text.contains("**trim keeps 31\u{A0}MB, plain 413\u{A0}MB.**"))
        #expect(text.contains("| plain | 412.5 | – | – |"))
        #expect(text.contains("| trim | 31.2 | −92\u{A0}% | less, sure |"))
        #expect(text.contains("- trim keeps 381\u{A0}MB less than plain"))
    }
}
