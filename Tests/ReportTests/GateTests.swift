import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Report

/// The memory gate in a report.
@Suite struct GateTests {
    private func verdicts() async throws -> [GateVerdict] {
        try await Scratch.with { folder in
            let file = folder.appending("smoke.json")
            try Files.write(Array(MeasuredFiles.smoke()), to: file)
            return try GateVerdict.read(file)
        }
    }

    private func report(_ verdicts: [GateVerdict]) -> Report {
        Report(of: ReportInput(sources: [], maps: [], gate: verdicts), title: nil)
    }

    @Test func everyRowIsReadAsTheCheckSaidIt() async throws {
        let verdicts = try await verdicts()
        #expect(verdicts.map(\.outcome) == [.passed, .failed, .notMade])
        #expect(verdicts.map(\.rows.count) == [2, 1, 0])
        let row = try #require(verdicts[0].rows.first)
        #expect(row.name == "hoards")
        #expect(row.isHeld)
        #expect(row.found == "6.00")
        #expect(row.limit == "at least 4")
        #expect(row.basis == "rotate 400.0 MiB, rotate-two-arenas 66.7 MiB")
        let missed = try #require(verdicts[1].rows.first)
        #expect(!missed.isHeld)
        #expect(missed.found == "1.00, and on fresh runs 1.00, 1.00")
        #expect(verdicts[1].sentence.hasSuffix("most likely: the cap is lost"))
    }

    @Test func theHeadingSaysWhatItCameTo() async throws {
        let verdicts = try await verdicts()
        func heading(_ verdicts: [GateVerdict]) -> String? { Findings(report(verdicts)).gate }
        #expect(heading([]) == nil)
        #expect(
            heading(verdicts)
                == "1 of 3 packages missed a limit of memory: lapidary-ruby-3.3.8-trim")
        #expect(heading([verdicts[0]]) == "The package held every limit of memory")
        #expect(
            heading([verdicts[0], verdicts[0]]) == "All 2 packages held every limit of memory")
        #expect(
            heading([verdicts[0], verdicts[2]]) == "1 of 2 packages held every limit of memory")
        #expect(heading([verdicts[2]]) == "The memory check was not made")
    }

    @Test func aFailureStandsInThePageAndInMarkdown() async throws {
        let report = report(try await verdicts())
        let html = try Fixture.html(report)
        let markdown = MarkdownReport(report).text
        for text in [
            "and on fresh runs", "most likely: the cap is lost", "the memory check was not made",
        ] {
            #expect(html.contains(text), "\(text)")
            #expect(markdown.contains(text), "\(text)")
        }
        #expect(html.contains("id=\"panel-gate\""))
        #expect(report.title == "Memory gate")
    }

    @Test func withoutSmokeTestsThereIsNoSuchView() throws {
        let html = try Fixture.html(Fixture.report([try Fixture.recording()]))
        #expect(!html.contains("panel-gate"))
    }
}
