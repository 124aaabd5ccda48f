import Diagnostics
import Foundation
import GRDB
import HostSystem
import Measurement
import MeasurementHistory
import SystemPackage
import TestSupport
import Testing

@Suite struct HistoryTests {
    private func recording(startedAt: String) throws -> Recording {
        let text = """
            {"recording":1,"startedAt":"\(startedAt)","lapidary":"0.1.0",
             "machine":{"kernel":"6.1.0","architecture":"x86_64","processors":2,"pageSize":4096,
                        "swap":0,"groupLimits":{},"cleared":[]},
             "workloads":[{"name":"w1","sha256":"a","arguments":[],"settleSeconds":0}],
             "arms":[{"label":"A","environment":{},
                      "ruby":{"path":"ruby","sha256":"b","description":"ruby 3.1.2","config":{},
                              "libraries":[],"libc":"glibc 2.36","allocator":"glibc"}}],
             "runs":[{"workload":"w1","arm":"A","round":0,"position":0,"ending":{"exited":0},
                      "wallNanoseconds":1,"samples":[{"t":0.5,"rss":1,"size":2,"shared":0}],
                      "phases":[],"notes":[]}]}
            """
        return try JSONDecoder().decode(Recording.self, from: Data(text.utf8))
    }

    @Test func whatIsAddedComesBackAsItWas() async throws {
        try await Scratch.with { folder in
            let file = folder.appending(History.fileName)
            let recording = try recording(startedAt: "2026-01-01T00:00:00Z")
            #expect(try History(at: file).add(recording))
            let history = try History(at: file)
            let entry = try #require(try history.entries().first)
            #expect(entry.number == 1)
            #expect(entry.arms == ["A"])
            #expect(entry.workloads == ["w1"])
            #expect(entry.runs == 1)
            #expect(try history.recording(1) == recording)
            #expect(try history.recording(2) == nil)
            // The same again is nothing new; another one is.
            #expect(try !history.add(recording))
            #expect(try history.add(self.recording(startedAt: "2026-01-02T00:00:00Z")))
            #expect(try history.entries().map(\.number) == [1, 2])
        }
    }

    @Test(arguments: ["DELETE FROM recording", "UPDATE recording SET runs = 0"])
    func nobodyChangesWhatIsThere(statement: String) async throws {
        try await Scratch.with { folder in
            let file = folder.appending(History.fileName)
            let history = try History(at: file)
            _ = try history.add(try recording(startedAt: "2026-01-01T00:00:00Z"))
            let other = try DatabaseQueue(path: file.string)
            let error = #expect(throws: DatabaseError.self) {
                try other.write { try $0.execute(sql: statement) }
            }
            #expect(error?.message == "the history is append-only")
            #expect(try history.entries().map(\.runs) == [1])
        }
    }

    @Test func anotherFileIsNoHistory() async throws {
        try await Scratch.with { folder in
            let file = folder.appending("notes.txt")
            try Files.write(String(repeating: "these are notes\n", count: 100), to: file)
            let failure = try #require(throws: Failure.self) { try History(at: file) }
            #expect(failure.kind == .environment)
            #expect(failure.message.hasPrefix("the history `\(file)` cannot be used: "))
        }
    }
}
