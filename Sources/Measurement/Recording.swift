/// Everything that a measurement found, raw: who ran where, and each run by itself.
///
/// It is kept as JSON, by `measure --output` and `compare --output`, and compared and shown later;
/// nothing in it is an average. Bytes and nanoseconds are whole numbers, and times of samples are
/// milliseconds; docs/measure.md lists the fields.
package struct Recording: Sendable, Hashable, Codable {
    /// Version of the shape of a recording; raised when a field changes its meaning.
    package static let version = 1

    /// The shape that this recording has.
    package var recording = Recording.version
    /// When the first run began, as RFC 3339 in UTC.
    package var startedAt: String
    /// The version of Lapidary that measured.
    package var lapidary: String
    package var machine: MachineFingerprint
    package var workloads: [WorkloadFingerprint]
    package var arms: [Arm]
    /// In the order in which they ran, those that failed included.
    package var runs: [Run]

    package init(
        startedAt: String, lapidary: String, machine: MachineFingerprint,
        workloads: [WorkloadFingerprint], arms: [Arm], runs: [Run]
    ) {
        self.startedAt = startedAt
        self.lapidary = lapidary
        self.machine = machine
        self.workloads = workloads
        self.arms = arms
        self.runs = runs
    }

    /// Adds the runs of another recording of the same arms; their rounds and positions follow.
    package mutating func append(_ other: Recording) {
        for var run in other.runs {
            let before = runs.filter { $0.workload == run.workload && $0.arm == run.arm }
            run.round = (before.map(\.round).max() ?? -1) + 1
            run.position = runs.count
            runs.append(run)
        }
    }

    /// The runs of one workload and arm that came to their end, in their order.
    package func completedRuns(of workload: String, arm: String) -> [Run] {
        runs.filter { $0.workload == workload && $0.arm == arm && $0.isComplete }
    }
}

/// One Ruby with one environment: what is compared with another.
package struct Arm: Sendable, Hashable, Codable {
    /// Unique in the recording.
    package var label: String
    package var ruby: RubyFingerprint
    /// What was set for the programs on top of the usual.
    package var environment: [String: String]

    package init(label: String, ruby: RubyFingerprint, environment: [String: String]) {
        self.label = label
        self.ruby = ruby
        self.environment = environment
    }
}

/// One run of a workload in one arm.
package struct Run: Sendable, Hashable, Codable {
    package var workload: String
    package var arm: String
    /// Which turn of its workload and arm it is, from 0.
    package var round: Int
    /// Where it stood among all runs of the recording, from 0: arms take turns.
    package var position: Int
    package var ending: RunEnding
    /// From when Ruby began to run the program until the program had done its work; of a run that
    /// did not come so far, from its start to its end.
    package var wallNanoseconds: Int64
    /// Of all threads, in user and kernel, from the process's start until its work was done.
    package var cpuNanoseconds: Int64?
    /// Bytes that the program says it holds, of Lapidary's workloads.
    package var live: Int64?
    /// Of the whole run: read by lapidary, without asking the program.
    package var samples: [MemorySample]
    /// What the program announced, in its order; times as in `samples`.
    package var phases: [Phase]
    /// When the program had done its work, before anything was collected.
    package var atEnd: MemoryFigures?
    /// After `--settle` seconds in which the program was left alone; nil without them.
    package var afterIdle: MemoryFigures?
    /// After three collections and when resident memory had stopped changing.
    package var settled: MemoryFigures?
    /// Whether resident memory did stop changing; when not, `settled` is what there was after
    /// waiting for as long as settling may take.
    package var isSettled: Bool?
    /// GC.stat when the program had done its work; which keys there are depends on the Ruby.
    package var gc: [String: JSONValue]?
    /// GC.stat after the three collections.
    package var gcSettled: [String: JSONValue]?
    /// GC.stat_heap after the three collections, by the number of the heap; Ruby 3.1 has none.
    package var gcHeaps: [String: [String: JSONValue]]?
    /// What GC.stat of the trim variant counts, at the end of the work.
    package var trim: TrimCounters?
    package var allocator: AllocatorTotals?
    /// What `lapidary heapmap --format json` prints, of the settled process.
    package var heapMap: JSONValue?
    /// What the control group of the program counted as its highest, in bytes; nil without one of
    /// its own.
    package var groupPeakBytes: Int64?
    /// Sentences on what could not be read, and why.
    package var notes: [String]

    /// Whether it ended as it should, and was settled and read before.
    package var isComplete: Bool { ending == .exited(0) && settled != nil }
}

/// How a run ended.
package enum RunEnding: Sendable, Hashable {
    case exited(Int)
    case killed(signal: Int)
    /// Lapidary ended it after so many seconds.
    case timedOut(seconds: Double)
}

/// Resident memory at one moment.
package struct MemorySample: Sendable, Hashable, Codable {
    /// Milliseconds since the program was started.
    package var t: Double
    /// Resident bytes, as in statm.
    package var rss: Int64
    /// Bytes of address space, as in statm.
    package var size: Int64
    /// Resident bytes of files and shared memory, as in statm.
    package var shared: Int64
    /// The process's share of anonymous memory, in bytes (Pss_Anon); only where it was read, which
    /// takes the kernel much longer.
    package var anonymous: Int64?

    package init(t: Double, rss: Int64, size: Int64, shared: Int64, anonymous: Int64? = nil) {
        self.t = t
        self.rss = rss
        self.size = size
        self.shared = shared
        self.anonymous = anonymous
    }
}

/// What the program said of itself: the phase that begins at a moment.
package struct Phase: Sendable, Hashable, Codable {
    /// Milliseconds since the program was started.
    package var t: Double
    package var name: String

    package init(t: Double, name: String) {
        self.t = t
        self.name = name
    }
}
