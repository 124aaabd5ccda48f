package import Foundation

/// Files as `lapidary measure` and `heapmap` write them, with figures chosen by a test.
package enum MeasuredFiles {
    /// A recording as JSON.
    ///
    /// - Parameters:
    ///   - settled: megabytes of settled memory by workload and arm, a number for each run.
    ///   - arms: the labels, in their order.
    ///   - ruby: what `ruby -v` prints.
    ///   - change: changes the whole value before it is written.
    /// - Returns: the text of the file.
    /// - Throws: what JSONSerialization throws.
    package static func recording(
        _ settled: [String: [String: [Double]]], arms: [String],
        ruby: String = "ruby 3.3.8 (2025-04-09 revision b200bad6cd) [x86_64-linux]",
        change: (inout [String: Any]) -> Void = { _ in }
    ) throws -> Data {
        var runs: [[String: Any]] = []
        for workload in settled.keys.sorted() {
            let rounds = settled[workload]?.values.map(\.count).max() ?? 0
            for round in 0..<rounds {
                for arm in arms {
                    guard let sizes = settled[workload]?[arm], round < sizes.count else { continue }
                    runs.append(
                        run(workload, arm, round, position: runs.count, megabytes: sizes[round]))
                }
            }
        }
        var whole: [String: Any] = [
            "recording": 1, "startedAt": "2026-11-21T18:02:11Z", "lapidary": "0.1",
            "machine": [
                "kernel": "6.1.0", "architecture": "x86_64", "processors": 2, "pageSize": 4096,
                "transparentHugePages": "madvise", "swap": 0, "groupLimits": [:], "cleared": [],
            ] as [String: Any],
            "workloads": settled.keys.sorted().map { name in
                ["name": name, "sha256": "ab", "arguments": [], "settleSeconds": 0]
                    as [String: Any]
            },
            "arms": arms.map { arm in
                [
                    "label": arm, "environment": [:],
                    "ruby": [
                        "path": "/opt/\(arm)/ruby", "sha256": "cd", "description": ruby,
                        "config": ["arch": "x86_64-linux"], "libraries": ["libc.so.6"],
                        "libc": "glibc 2.36", "allocator": "glibc",
                    ] as [String: Any],
                ] as [String: Any]
            }, "runs": runs,
        ]
        change(&whole)
        return try JSONSerialization.data(withJSONObject: whole)
    }

    private static func run(
        _ workload: String, _ arm: String, _ round: Int, position: Int, megabytes: Double
    ) -> [String: Any] {
        let bytes = Int(megabytes * 1e6)
        func figures(_ t: Double, _ anonymous: Int) -> [String: Any] {
            [
                "t": t, "rss": anonymous + 6_000_000, "pss": anonymous, "pssAnonymous": anonymous,
                "private": anonymous, "privateDirty": anonymous, "anonymous": anonymous, "swap": 0,
                "peak": 2 * bytes,
            ]
        }
        let samples = (0...60).map { step -> [String: Any] in
            let rss = (step < 40 ? bytes * 2 * step / 40 : bytes) / 4096 * 4096
            return [
                "t": Double(step) * 25.5, "rss": rss + 4096, "size": rss + 409_600,
                "shared": 8192,
            ]
        }
        let heaps = (0..<5).map { number in
            (
                "\(number)",
                [
                    "slot_size": 40 << number, "heap_eden_pages": 9,
                    "heap_eden_slots": 41_234 >> number,
                ]
            )
        }
        return [
            "workload": workload, "arm": arm, "round": round, "position": position,
            "ending": ["exited": 0], "wallNanoseconds": 1_020_000_000,
            "cpuNanoseconds": 990_000_000, "samples": samples, "phases": [],
            "atEnd": figures(1020, 2 * bytes), "settled": figures(1530, bytes),
            "isSettled": true,
            "gc": ["minor_gc_count": 30, "major_gc_count": 12, "time": 102],
            "gcSettled": [
                "heap_available_slots": 80_000, "heap_live_slots": 60_000, "heap_eden_pages": 120,
            ],
            "gcHeaps": Dictionary(uniqueKeysWithValues: heaps), "notes": [],
        ]
    }

    /// A heap map as JSON: a main arena of 64 pages and another of 32, with chunks.
    package static func heapMap() throws -> Data {
        func chunks(_ count: Int, _ bytes: Int) -> [String: Any] {
            ["count": count, "bytes": bytes]
        }
        func arena(_ number: Int, pages: Int) -> [String: Any] {
            let half = pages / 2
            let bytes = pages * 4096
            let units = half * 4096 / 16
            return [
                "number": number, "address": "0x7f0000000030", "attachedThreads": 1,
                "system": bytes, "inUse": chunks(half * 4, half * 4096),
                "free": chunks(1, half * 4096 - 4096), "tcache": chunks(0, 0),
                "fastbins": chunks(0, 0), "top": 4096, "overhead": 0, "resident": bytes,
                "swapped": 0, "trimmable": (half - 2) * 4096,
                "pages": ["absent": 0, "free": half, "mixed": 0, "full": half], "sizes": [],
                "extents": [
                    [
                        "address": "0x7f00000\(number)0000", "bytes": bytes,
                        "resident": String(repeating: "9", count: pages),
                        "used": String(repeating: "9", count: half - 1) + "4"
                            + String(repeating: "0", count: half),
                        "trimmable": String(repeating: "0", count: half)
                            + String(repeating: "9", count: half - 1) + "0",
                        "largest": String(repeating: "k", count: pages),
                        "chunks": "u\(String(units, radix: 36)).\(String(half * 4, radix: 36))"
                            + " f\(String(units - 256, radix: 36)) t\(String(256, radix: 36))",
                        "chunkDetail": "exact",
                    ] as [String: Any]
                ],
            ]
        }
        let whole: [String: Any] = [
            "schema": 1, "heapmap": 1, "process": ["pid": 7, "name": "ruby", "threads": 1],
            "reading": ["stoppedSeconds": 0.01, "stoppedSecondsInAll": 0.01, "looks": 1],
            "pageSize": 4096,
            "memory": ["resident": 5_000_000, "proportional": 0, "anonymous": 0, "swapped": 0],
            "regions": [["kind": "arenas", "mappings": 2, "size": 393_216, "resident": 393_216]],
            "largestMappings": [], "allocators": [],
            "heap": [
                "allocator": "glibc", "version": "2.36", "system": 393_216, "resident": 393_216,
                "trimmable": 180_224, "threadCaches": 1, "pagesPerCell": 1, "largestFree": [],
                "arenas": [arena(0, pages: 64), arena(1, pages: 32)],
            ] as [String: Any],
            "ruby": [
                [
                    "slot": 40, "pages": 10, "emptyPages": 1, "sparsePages": 2, "slots": 16_380,
                    "freeSlots": 380,
                    "bytes": 655_360, "resident": 655_360,
                ]
            ],
        ]
        return try JSONSerialization.data(withJSONObject: whole)
    }

    /// What `smoke --json` prints: a package that held its limits, one that did not, and one of
    /// which another check alone was made.
    package static func smoke() throws -> Data {
        func report(_ package: String, _ outcome: String, _ output: String) -> [String: Any] {
            [
                "schema": 2, "package": package, "version": "3.3.8-1+deb12", "suite": "bookworm",
                "architecture": "amd64", "size": 1, "sha256": String(repeating: "0", count: 64),
                "scope": "whole",
                "checks": [
                    [
                        "name": package.hasSuffix("tcmalloc") ? "tls" : "memory", "reason": "why",
                        "outcome": outcome, "output": output, "seconds": 1.5,
                    ] as [String: Any]
                ],
            ]
        }
        let cap = "394.8 MiB, by-hand 394.8 MiB"
        let whole: [String: Any] = [
            "schema": 1,
            "reports": [
                report(
                    "lapidary-ruby-3.3.8-plain", "passed",
                    """
                    held hoards: 6.00; at least 4 (rotate 400.0 MiB, rotate-two-arenas 66.7 MiB)
                    held leak: 0.10 MiB; at most 2 (requests 0.1 MiB)
                    2 rows held their limits
                    """),
                report(
                    "lapidary-ruby-3.3.8-trim", "failed",
                    """
                    missed arena-cap: 1.00, and on fresh runs 1.00, 1.00; at most 0.3 (\(cap))
                    row arena-cap is 1.00 instead of at most 0.3, most likely: the cap is lost
                    """),
                report("lapidary-ruby-3.3.8-tcmalloc", "passed", "fine"),
            ],
        ]
        return try JSONSerialization.data(withJSONObject: whole)
    }
}
