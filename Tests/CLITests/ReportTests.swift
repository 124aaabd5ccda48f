import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

/// `lapidary report` as people and programs call it.
@Suite struct ReportCommandTests {
    private func write(_ data: Data, _ name: String, in folder: FilePath) throws -> String {
        let path = folder.appending(name)
        try Files.write(Array(data), to: path)
        return path.string
    }

    private static let sizes = ["w1": ["plain": [400.0, 401, 402], "trim": [30.0, 31, 32]]]

    @Test(arguments: [
        ["report"], ["report", "/nowhere.json"], ["report", "--heapmap", "/etc/hostname"],
        ["report", "/etc/hostname"], ["report", "--smoke", "/etc/hostname"],
        ["report", "--format", "pdf", "/nowhere.json"],
    ])
    func wrongUsageIsRefused(arguments: [String]) async throws {
        try await CLIFixture.with { fixture in
            let result = try await SubprocessRunner().capture(fixture.command(arguments, in: "/"))
            #expect(result.ending == .exited(64))
            #expect(result.standardOutput.isEmpty)
            #expect(result.standardError.lowercased().hasPrefix("error: "))
        }
    }

    @Test func aPageIsWritten() async throws {
        try await CLIFixture.with { fixture in
            let folder = fixture.folder
            let recording = try write(
                MeasuredFiles.recording(Self.sizes, arms: ["plain", "trim"]), "r.json", in: folder)
            let map = try write(MeasuredFiles.heapMap(), "map.json", in: folder)
            let page = folder.appending("report.html")
            try Files.write("old", to: page)
            let result = try await fixture.run(
                "report", recording, "--heapmap", map, "--heapmap", "after=\(map)", in: folder)
            #expect(result.succeeded, "\(result.standardError)")
            #expect(result.standardError == "Wrote \(page)\n")
            let html = try Files.readText(page)
            #expect(html.hasPrefix("<!doctype html>"))
            #expect(html.contains("trim keeps 31\u{A0}MB, plain 401\u{A0}MB"))
            #expect(html.contains("after: arenas in MB"))
            #expect(html.hasSuffix("</html>\n"))
            #expect(try Files.names(in: folder).filter { $0.hasSuffix(".partial") } == [])
        }
    }

    @Test func markdownAndJSONGoToStandardOutput() async throws {
        try await CLIFixture.with { fixture in
            let recording = try write(
                MeasuredFiles.recording(Self.sizes, arms: ["plain", "trim"]), "r.json",
                in: fixture.folder)
            let markdown = try await fixture.run(
                "report", "--format", "markdown", "--title", "Nightly", recording, in: "/")
            #expect(markdown.standardOutput.hasPrefix("## Nightly\n"))
            #expect(markdown.standardError.isEmpty)
            let json = try await fixture.run("report", "--format", "json", recording, in: "/")
                .json()
            #expect(
                json.keys.sorted() == [
                    "baseline", "finding", "gate", "heapMaps", "report", "schema", "title",
                    "warnings",
                    "workloads",
                ])
            #expect(json["baseline"] as? String == "plain")
            let workload = try #require((json["workloads"] as? [[String: Any]])?.first)
            let arms = try #require(workload["arms"] as? [[String: Any]])
            let settled = arms.compactMap {
                ($0["settled"] as? [String: Any])?["median"] as? Double
            }
            #expect(settled == [401e6, 31e6])
        }
    }

    @Test func aHeapMapWithDetailsIsDrawnPageByPage() async throws {
        try await CLIFixture.with { fixture in
            let map = try await fixture.run(
                "heapmap", "--detail", "--format", "json", "--after", "0.5", "--", "sleep", "60",
                in: "/")
            #expect(map.succeeded, "\(map.standardError)")
            let json = try map.json()
            let heap = try #require(json["heap"] as? [String: Any])
            #expect(heap["pagesPerCell"] as? Int == 1)
            let arenas = try #require(heap["arenas"] as? [[String: Any]])
            for extent in arenas.flatMap({ $0["extents"] as? [[String: Any]] ?? [] }) {
                let words = try #require(extent["chunks"] as? String).split(separator: " ")
                let bytes = words.compactMap { word in
                    Int(word.dropFirst().prefix { $0 != "." }, radix: 36).map { $0 * 16 }
                }
                #expect(bytes.count == words.count)
                #expect(bytes.reduce(0, +) == extent["bytes"] as? Int)
                #expect(extent["chunkDetail"] as? String == "exact")
            }
            let file = try write(
                Data(map.standardOutput.utf8), "map.json", in: fixture.folder)
            let page = fixture.folder.appending("page.html")
            let result = try await fixture.run(
                "report", "--heapmap", "sleep=\(file)", "--output", page.string, in: "/")
            #expect(result.succeeded, "\(result.standardError)")
            #expect(try Files.readText(page).contains("sleep: nothing for malloc_trim"))
        }
    }
}
