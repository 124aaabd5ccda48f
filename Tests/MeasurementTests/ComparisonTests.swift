import Diagnostics
import Foundation
import Measurement
import Statistics
import Testing

@Suite struct ComparisonTests {
    private func compare(_ first: [Double], _ second: [Double], isFinal: Bool = false)
        -> Comparison
    {
        let recording = recording(["w1": ["A": first, "B": second]])
        return Comparison((recording, "A"), (recording, "B"), isFinal: isFinal)
    }

    private let low = [100.0, 100.1, 100.2, 100.3, 100.4]

    @Test func aDifferenceIsConfirmedByFreshRuns() throws {
        var comparison = compare(low, low.map { $0 + 6 })
        #expect(comparison.unconfirmed == ["w1"])
        #expect(comparison.rows[0].verdict == .unconfirmed)
        let more = (0..<10).map { 100 + Double($0) / 100 }
        comparison.confirm(by: recording(["w1": ["A": more, "B": more.map { $0 + 6 }]]))
        #expect(comparison.rows[0].verdict == .more)
        let test = try #require(comparison.rows[0].confirmation)
        #expect(abs(test.ranks.twoSided - 2.0 / 184_756) < 1e-12)
        #expect(comparison.unconfirmed.isEmpty)
    }

    @Test func whatFreshRunsDoNotShowIsNotSaid() {
        var comparison = compare(low, low.map { $0 - 6 })
        let same = (0..<10).map { 100 + Double($0) / 100 }
        comparison.confirm(by: recording(["w1": ["A": same, "B": same]]))
        #expect(comparison.rows[0].verdict == .unconfirmed)
    }

    @Test func theOtherDirectionConfirmsNothing() {
        var comparison = compare(low, low.map { $0 + 6 })
        let more = (0..<10).map { 100 + Double($0) / 100 }
        comparison.confirm(by: recording(["w1": ["A": more.map { $0 + 6 }, "B": more]]))
        #expect(comparison.rows[0].verdict == .unconfirmed)
    }

    @Test(arguments: [
        // Certain, but less than 2 MiB; less than 3 %; less than five deviations.
        ([10.0, 10.001, 10.002, 10.003, 10.004], 1.5), ([100.0, 100.1, 100.2, 100.3, 100.4], 2.5),
        ([60.0, 64.0, 68.0, 72.0, 76.0], 17.0),
    ])
    func smallDifferencesDoNotMatter(first: [Double], shift: Double) {
        let comparison = compare(first, first.map { $0 + shift })
        #expect(comparison.rows[0].verdict == .same)
        #expect(comparison.rows[0].screen?.matters == false)
    }

    @Test func equalArmsAreTheSame() {
        #expect(compare(low, low).rows[0].verdict == .same)
    }

    @Test func fewRunsAreSaidToBeFew() {
        let comparison = compare([100, 101, 102, 103], [200, 201, 202, 203])
        #expect(comparison.rows[0].verdict == .same)
        #expect(comparison.weakness?.hasPrefix("4 and 4 runs are too few") == true)
        #expect(compare(low, low).weakness == nil)
    }

    @Test func withoutFreshRunsHolmCountsAllRows() {
        let sizes: [String: [String: [Double]]] = [
            "w1": ["A": low, "B": low.map { $0 + 6 }], "w2": ["A": low, "B": low],
        ]
        let one = recording(sizes)
        // 2/252 twice is above the level; ten runs of each are not.
        #expect(
            Comparison((one, "A"), (one, "B"), isFinal: true).rows.map(\.verdict)
                == [.unconfirmed, .same])
        let twice = recording(sizes.mapValues { $0.mapValues { $0 + $0 } })
        #expect(
            Comparison((twice, "A"), (twice, "B"), isFinal: true).rows.map(\.verdict)
                == [.more, .same])
    }

    @Test func aFailedRunForbidsAVerdict() {
        var recording = recording(["w1": ["A": low, "B": low]])
        recording.runs[3].ending = .killed(signal: 11)
        recording.runs[3].notes = ["the program ended with signal 11"]
        let row = Comparison((recording, "A"), (recording, "B"), isFinal: true).rows[0]
        #expect(row.verdict == .failed)
        #expect(row.failures.count == 1)
        #expect(row.failures[0].contains("signal 11"))
    }

    @Test func recordingsOfOtherMachinesAreRefusedByName() throws {
        let one = recording(["w1": ["A": low]])
        var other = one
        #expect(FingerprintDifference.lines((one, one.arms[0]), (other, other.arms[0])).isEmpty)
        other.machine.kernel = "6.18.0"
        other.machine.processors = 64
        other.machine.groupLimits = ["memory.max": "1000000000"]
        other.workloads[0].sha256 = String(repeating: "b", count: 64)
        other.arms[0].ruby.libc = "glibc 2.41"
        let failure = try #require(throws: Failure.self) {
            try FingerprintDifference.require((one, one.arms[0]), (other, other.arms[0]))
        }
        #expect(failure.kind == .usage)
        let names = failure.details.map { String($0.prefix { $0 != ":" }) }
        #expect(names == ["kernel", "processors", "memory.max", "C library", "workload w1"])
        #expect(failure.details[1] == "processors: 2 and 64")
    }

    /// Nine times of ten such a shift of real runs' spread is found by five of each; of a
    /// deterministic workload (spread 0.04 %) it always is.
    @Test func aPlantedShiftIsAlwaysSeen() {
        var seed: UInt64 = 20_260_000
        func noise() -> Double {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(seed >> 33) / Double(1 << 31) - 0.5
        }
        for _ in 0..<200 {
            let first = (0..<5).map { _ in 405.4 * (1 + 0.001 * noise()) }
            let second = (0..<5).map { _ in 405.4 * 1.05 * (1 + 0.001 * noise()) }
            #expect(compare(first, second).unconfirmed == ["w1"])
            let again = (0..<5).map { _ in 405.4 * (1 + 0.001 * noise()) }
            #expect(compare(first, again).unconfirmed == [])
        }
    }
}

/// A recording of runs with so many megabytes (of 2^20 bytes) of settled memory, by workload and
/// arm.
func recording(_ sizes: [String: [String: [Double]]]) -> Recording {
    let arms = Set(sizes.values.flatMap(\.keys)).sorted()
    var runs: [[String: Any]] = []
    for (workload, arms) in sizes.sorted(by: { $0.key < $1.key }) {
        for (arm, values) in arms.sorted(by: { $0.key < $1.key }) {
            for (round, value) in values.enumerated() {
                let bytes = Int64(value * 1_048_576)
                runs.append([
                    "workload": workload, "arm": arm, "round": round, "position": runs.count,
                    "ending": ["exited": 0], "wallNanoseconds": 1_000_000_000, "samples": [],
                    "phases": [], "notes": [], "isSettled": true,
                    "settled": [
                        "t": 1, "rss": bytes, "pss": bytes, "pssAnonymous": bytes,
                        "private": bytes, "privateDirty": bytes, "anonymous": bytes, "swap": 0,
                    ],
                ])
            }
        }
    }
    let document: [String: Any] = [
        "recording": 1, "startedAt": "2026-01-01T00:00:00Z", "lapidary": "0.1.0",
        "machine": [
            "kernel": "6.1.0", "architecture": "x86_64", "processors": 2, "pageSize": 4096,
            "swap": 0, "groupLimits": [String: String](), "cleared": [String](),
        ],
        "workloads": sizes.keys.sorted().map {
            [
                "name": $0, "sha256": String(repeating: "a", count: 64), "arguments": [],
                "settleSeconds": 0,
            ] as [String: Any]
        },
        "arms": arms.map {
            [
                "label": $0, "environment": [String: String](),
                "ruby": [
                    "path": "/usr/bin/ruby", "sha256": "", "description": "ruby 3.1.2",
                    "config": [String: String](), "libraries": [String](), "libc": "glibc 2.36",
                    "allocator": "glibc",
                ] as [String: Any],
            ] as [String: Any]
        },
        "runs": runs,
    ]
    do {
        let data = try JSONSerialization.data(withJSONObject: document)
        return try JSONDecoder().decode(Recording.self, from: data)
    } catch {
        fatalError("the recording of a test is malformed: \(error)")
    }
}
