import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Report

/// The page in a real browser: `scripts/check-report` opens every tab, at three widths and schemes.
@Suite struct BrowserTests {
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
        let html = try Fixture.html(
            Fixture.report([recording], maps: [try Fixture.map(), try Fixture.map("after")]))
        #expect(try await problems(in: html) == "")
    }

    /// A check that finds nothing proves something only if it can find something.
    @Test func aPageWithFaultsIsFoundOut() async throws {
        let html = try Fixture.html(Fixture.report([try Fixture.recording()]))
        let broken = html.replacing("CHARTS.runs = ", with: "CHARTS.other = ")
            .replacing(
                "</footer>",
                with: "<p class=\"open\">\(String(repeating: "wide", count: 400))</p></footer>")
        let found = try await problems(in: broken)
        // The changed script no longer has the digest that the policy names.
        #expect(found.contains("policy: script-src"))
        #expect(
            found.contains("pixels wider than the window") || found.contains("there are no tabs"))
    }
}
