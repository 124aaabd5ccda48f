import Foundation
import HostSystem
import Synchronization
import SystemPackage

/// How a run is watched.
package struct WatchOptions: Sendable, Hashable {
    /// Between two looks at resident memory.
    package var interval: Duration = .milliseconds(10)
    /// How long the program is left alone after its work.
    package var idle: Duration = .zero
    /// How long resident memory may go on changing after the collections.
    package var settling: Duration = .seconds(10)

    package init() {}
}

/// Watches one run of a program from a thread of its own: its memory, and what it says.
///
/// The thread is a sibling of the program in all that matters: what it allocates is not in the
/// program's memory.
final class RunWatch: Sendable {
    /// What was seen.
    struct Observation: Sendable {
        var samples: [MemorySample] = []
        var phases: [Phase] = []
        var wall: Int64?
        var cpu: Int64?
        var live: Int64?
        var atEnd: MemoryFigures?
        var afterIdle: MemoryFigures?
        var settled: MemoryFigures?
        var isSettled: Bool?
        var heapMap: JSONValue?
        var groupPeak: Int64?
        var hasReported = false
        var notes: [String] = []
    }

    private struct State {
        var start: ContinuousClock.Instant?
        var leader: Int32?
        var isOver = false
        var observation: Observation?
    }

    let options: WatchOptions
    private let channel: Channel
    /// Finds the process by the leader of what was started and by the number the program has to
    /// itself; nil when it is not there.
    private let find: @Sendable (Int32, Int32) -> Int32?
    private let map: (@Sendable (Int32) throws -> JSONValue)?
    private let state = Mutex(State())

    init(
        channel: Channel, options: WatchOptions,
        find: @escaping @Sendable (Int32, Int32) -> Int32?,
        map: (@Sendable (Int32) throws -> JSONValue)?
    ) {
        self.channel = channel
        self.options = options
        self.find = find
        self.map = map
    }

    /// Watches from now on.
    ///
    /// - Parameter leader: the process that was started.
    func start(leader: Int32) {
        state.withLock {
            $0.start = .now
            $0.leader = leader
        }
        Thread { [self] in
            var watching = Watching(
                options: options, channel: channel, find: { self.find(leader, $0) }, map: map)
            watching.run { state.withLock { $0.isOver } }
            let observation = watching.observation
            state.withLock { $0.observation = observation }
        }.start()
    }

    /// What was seen until the program's end; to be called once that has come.
    func finish() async -> Observation {
        let isWatching = state.withLock { state in
            state.isOver = true
            return state.leader != nil
        }
        guard isWatching else { return Observation() }
        while true {
            if let observation = state.withLock({ $0.observation }) { return observation }
            try? await Task.sleep(for: .milliseconds(2))
        }
    }
}

/// The watching itself: one thread, one program.
private struct Watching {
    /// What the program is about to do, as far as it has said.
    private enum Stage {
        case working
        /// It waits; it is left alone until a moment.
        case idle(until: ContinuousClock.Instant)
        case collecting
        /// It waits until its memory no longer changes, or until a moment.
        case settling(until: ContinuousClock.Instant)
        case reporting
        case leaving
    }

    let options: WatchOptions
    let channel: Channel
    let find: (Int32) -> Int32?
    let map: ((Int32) throws -> JSONValue)?

    private(set) var observation = RunWatch.Observation()
    private let start = ContinuousClock.now
    private let startOnMonotonicClock = monotonicNanoseconds()
    private var stage = Stage.working
    private var buffer = LineBuffer()
    private var process: Int32?
    private var memory: ProcessMemory?
    private var begin: Int64?
    private var nextSample = ContinuousClock.now
    private var nextAnonymous = ContinuousClock.now
    private var lastSizes: [Int64] = []

    /// Samples between two looks whether memory has settled, and how much it may still change.
    private static let settlingPause = Duration.milliseconds(100)
    private static let settledChange: Int64 = 65_536
    private static let sizesToSettle = 3
    /// Reading Pss_Anon may take a fiftieth of the time, and a twentieth of a second at least lies
    /// between two.
    private static let anonymousShare = 50
    private static let anonymousPause = Duration.milliseconds(50)

    init(
        options: WatchOptions, channel: Channel, find: @escaping (Int32) -> Int32?,
        map: ((Int32) throws -> JSONValue)?
    ) {
        self.options = options
        self.channel = channel
        self.find = find
        self.map = map
    }

    mutating func run(isOver: () -> Bool) {
        while true {
            // Asked before reading: whatever the program said before its end is read then.
            let over = isOver()
            let bytes = channel.read(within: over ? 0 : pause)
            for line in buffer.add(bytes) {
                if let event = ProgramEvent(line: line) { take(event) }
            }
            if over, bytes.isEmpty { break }
            guard !over else { continue }
            sample()
            proceed()
        }
    }

    /// Milliseconds until the next look.
    private var pause: Int32 {
        // Nothing to look at yet.
        guard memory != nil else { return 10 }
        let left = (nextSample - .now) / .milliseconds(1)
        return Int32(max(0, min(left.rounded(.up), 100)))
    }

    private var t: Double { ((ContinuousClock.now - start) / .microseconds(1)).rounded() / 1000 }

    private func t(of time: Int64) -> Double {
        (Double(time - startOnMonotonicClock) / 1000).rounded() / 1000
    }

    private mutating func take(_ event: ProgramEvent) {
        switch event {
        case .begin(let process, let time):
            guard memory == nil else { return }
            begin = time
            self.process = find(process)
            memory = self.process.map(ProcessMemory.init)
            if memory == nil {
                observation.notes.append("the process of the program was not found")
            }
        case .phase(let time, let name):
            observation.phases.append(Phase(t: t(of: time), name: name))
        case .quiet(let time, let cpu, let live):
            guard case .working = stage else { return }
            observation.wall = begin.map { time - $0 }
            observation.cpu = cpu
            observation.live = live
            observation.atEnd = figures("at the end of its work")
            if options.idle > .zero {
                stage = .idle(until: .now + options.idle)
            } else {
                collect()
            }
        case .collected:
            guard case .collecting = stage else { return }
            lastSizes = []
            stage = .settling(until: .now + options.settling)
        case .reported:
            observation.hasReported = true
            stage = .leaving
            channel.answer("go")
        }
    }

    private mutating func sample() {
        guard let memory, .now >= nextSample else { return }
        switch stage {
        case .reporting, .leaving:
            nextSample = .now + options.interval
            return
        case .settling: nextSample = .now + Self.settlingPause
        default: nextSample = .now + options.interval
        }
        guard var sample = memory.sample(t: t) else { return }
        if .now >= nextAnonymous {
            let before = ContinuousClock.now
            sample.anonymous = memory.anonymous()
            let cost = ContinuousClock.now - before
            nextAnonymous = .now + max(Self.anonymousPause, cost * Self.anonymousShare)
        }
        observation.samples.append(sample)
        if case .settling = stage { lastSizes.append(sample.rss) }
    }

    private mutating func proceed() {
        switch stage {
        case .idle(let end) where .now >= end:
            observation.afterIdle = figures("after it was left alone")
            collect()
        case .settling(let end):
            let last = lastSizes.suffix(Self.sizesToSettle)
            let isStable =
                last.count == Self.sizesToSettle
                && (last.max() ?? 0) - (last.min() ?? 0) <= Self.settledChange
            guard isStable || .now >= end else { return }
            observation.isSettled = isStable
            observation.settled = figures("when it had settled")
            readTheRest()
            stage = .reporting
            channel.answer("report")
        default: break
        }
    }

    private mutating func collect() {
        stage = .collecting
        channel.answer("collect")
    }

    private mutating func figures(_ moment: String) -> MemoryFigures? {
        let figures = memory?.figures(t: t)
        if figures == nil, memory != nil {
            observation.notes.append("smaps_rollup could not be read \(moment)")
        }
        return figures
    }

    private mutating func readTheRest() {
        guard let process else { return }
        observation.groupPeak = ControlGroupFiles.ownPeak(of: process)
        guard let map else { return }
        do {
            observation.heapMap = try map(process)
        } catch {
            observation.notes.append("there is no map of its heap: \(error)")
        }
    }
}

/// What Ruby's CLOCK_MONOTONIC says.
private func monotonicNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
