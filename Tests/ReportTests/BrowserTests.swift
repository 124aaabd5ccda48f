import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Report

/// The page in a real browser: `scripts/check-report` opens every tab, at three widths and schemes.
@Suite(.serialized) struct BrowserTests {
    private static let script = FilePath(
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "scripts/check-report").path)

    private func problems(in html: String) async throws -> String {
        try await Scratch.with { folder in
            let page = folder.appending("report.html")
            try Files.write(html, to: page)
            let result = try await SubprocessRunner().capture(
                Command("/usr/bin/python3", [Self.script.string, page.string]))
            #expect(result.standardError == "")
            return result.standardOutput
        }
    }

    @Test func everyTabOpensAndNothingIsWrong() async throws {
        let recording = try Fixture.recording()
        let gate = try await Scratch.with { folder in
            let file = folder.appending("smoke.json")
            try Files.write(Array(MeasuredFiles.smoke()), to: file)
            return try GateVerdict.read(file)
        }
        let maps = [try Fixture.map(), try Fixture.map("after")]
        let html = try Fixture.html(Fixture.report([recording], maps: maps, gate: gate))
        #expect(try await problems(in: html) == "")
    }

    @Test func nothingButFailedRunsIsAPageToo() async throws {
        let recording = try Fixture.recording { whole in
            guard let runs = whole["runs"] as? [[String: Any]] else { return }
            whole["runs"] = runs.map { $0.merging(["ending": ["exited": 1]]) { $1 } }
        }
        let html = try Fixture.html(Fixture.report([recording]))
        #expect(html.contains("No run came to its end"))
        #expect(try await problems(in: html) == "")
    }

    /// A check that finds nothing proves something only if it can find something.
    @Test(arguments: [
        // A changed script no longer has the digest that the policy names.
        ("CHARTS.runs = ", "CHARTS.other = ", ["there are no tabs", "policy: script-src"]),
        (
            "</footer>", "<pre>\(String(repeating: "wide", count: 400))</pre></footer>",
            ["pixels wider than the window"]
        ),
    ])
    func aPageWithFaultsIsFoundOut(text: String, fault: String, problems: [String]) async throws {
        let html = try Fixture.html(Fixture.report([try Fixture.recording()]))
        try #require(html.contains(text))
        let found = try await self.problems(in: html.replacing(text, with: fault))
        for problem in problems { #expect(found.contains(problem), "\(found)") }
    }
}
