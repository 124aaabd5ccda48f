import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

/// `lapidary heapmap` as people and programs call it.
@Suite struct HeapMapCommandTests {
    @Test(arguments: [
        ["heapmap"], ["heapmap", "--pid", "0"], ["heapmap", "--pid", "x"],
        ["heapmap", "--pid", "1", "--", "true"], ["heapmap", "--pid", "1", "--after", "1"],
        ["heapmap", "--after", "-1", "--", "true"], ["heapmap", "--pid", "1073741824"],
    ])
    func wrongUsageIsRefused(arguments: [String]) async throws {
        try await CLIFixture.with { fixture in
            let result = try await SubprocessRunner().capture(fixture.command(arguments, in: "/"))
            #expect(result.ending == .exited(64))
            #expect(result.standardOutput.isEmpty)
            #expect(result.standardError.lowercased().hasPrefix("error: "))
        }
    }

    @Test func aCommandIsMappedForPeople() async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run(
                "heapmap", "--", "sh", "-c", "sleep 0.3; echo its own words; exit 5", in: "/")
            #expect(result.ending == .exited(0))
            #expect(result.standardOutput.hasPrefix("sh (process "))
            #expect(result.standardOutput.contains(#/\nARENA +SYSTEM +IN USE +FREE /#))
            #expect(result.standardOutput.contains("\nmalloc_trim(0) would give back "))
            #expect(result.standardOutput.contains("\nREGIONS "))
            #expect(!result.standardOutput.contains("its own words"))
            #expect(result.standardError.contains("its own words\n"))
            #expect(result.standardError.contains("`sh` ended with exit code 5\n"))
        }
    }

    @Test func aMapAsJSONHasItsKeysAndAddsUp() async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run(
                "heapmap", "--format", "json", "--after", "0.5", "--", "sleep", "60", in: "/")
            #expect(result.succeeded)
            let json = try result.json()
            #expect(
                json.keys.sorted() == [
                    "allocators", "heap", "heapmap", "largestMappings", "memory", "pageSize",
                    "process", "reading", "regions", "schema",
                ])
            #expect(json["schema"] as? Int == 1)
            #expect(json["heapmap"] as? Int == 1)
            let heap = try #require(json["heap"] as? [String: Any])
            let arenas = try #require(heap["arenas"] as? [[String: Any]])
            let main = try #require(arenas.first)
            let chunks = ["inUse", "free", "tcache", "fastbins"].compactMap {
                (main[$0] as? [String: Any])?["bytes"] as? Int
            }
            let rest = ["top", "overhead"].compactMap { main[$0] as? Int }
            #expect(chunks.count == 4 && rest.count == 2)
            #expect((chunks + rest).reduce(0, +) == main["system"] as? Int)
            let extent = try #require((main["extents"] as? [[String: Any]])?.first)
            let drawings = ["resident", "used", "trimmable", "largest"].compactMap {
                (extent[$0] as? String)?.count
            }
            let perCell = try #require(heap["pagesPerCell"] as? Int)
            let pages = try #require(extent["bytes"] as? Int) / 4096
            #expect(drawings == [Int](repeating: (pages + perCell - 1) / perCell, count: 4))
        }
    }

    /// Nothing of what a process has in memory may reach the output.
    @Test func contentsAreNeverPrinted() async throws {
        try await CLIFixture.with { fixture in
            let secret = "correct-horse-battery-staple"
            for format in ["text", "json"] {
                let result = try await fixture.run(
                    "heapmap", "--format", format, "--after", "0.5", "--", "sh", "-c",
                    "word=\(secret)$$; while :; do sleep 1; done", in: "/")
                #expect(result.succeeded)
                #expect(!result.standardOutput.contains(secret))
                #expect(!result.standardOutput.contains("correct"))
            }
        }
    }

    @Test func aMappedProcessGoesOnWhenLapidaryIsKilled() async throws {
        try await CLIFixture.with { fixture in
            let file = fixture.folder.appending("ready")
            let script = "echo $$ > \(file); while :; do sleep 0.05; done"
            try await whileRunning(Command("sh", ["-c", script])) {
                try #require(try await eventually { Processes.number(in: file) != nil })
                let process = try #require(Processes.number(in: file))
                let program = try fixture.command(["heapmap", "--pid", "\(process)"], in: "/")
                for delay in stride(from: 0.005, through: 0.105, by: 0.01) {
                    _ = try await SubprocessRunner().capture(
                        program.after(["timeout", "--signal", "KILL", "\(delay)"]))
                }
                // `t` is a process that a tracer holds.
                let runs = try await eventually {
                    let status = try Files.readText(FilePath("/proc/\(process)/status"))
                    return status.contains(#/State:\t[SR] /#) && status.contains("TracerPid:\t0\n")
                }
                #expect(runs)
            }
        }
    }
}
