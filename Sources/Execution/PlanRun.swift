import Digest
import Foundation
import HostSystem
import Planning
import Store
import SystemPackage

/// One run of a plan: an action begins as soon as what it waits for is done and a job slot is free,
/// those first that most must wait for.
struct PlanRun {
    /// An action that is running.
    private struct Begun {
        let action: Action
        let key: SHA256Digest
        let inputs: [String: SHA256Digest]
        let start: ContinuousClock.Instant
        let pipe: JobPipe?
    }

    /// An action that waits for nothing but a slot.
    private struct Candidate {
        let action: Action
        let key: SHA256Digest
        let inputs: [String: SHA256Digest]
    }

    /// What the run waits for.
    enum Event: Sendable {
        case ended(ActionID, Result<ActionRun.Product, any Error>)
        /// Time to look whether a make needs its slots.
        case tick
    }

    /// How often slots that makes leave unused are given to others.
    private static let pace = Duration.milliseconds(50)

    private let executor: Executor
    private let plan: Plan
    private let isForced: @Sendable (Action) -> Bool
    private var tools: Executor.Tools { executor.tools }

    /// In the plan's order.
    private var waiting: [Action]
    private var running: [ActionID: Begun] = [:]
    private var outcomes: [ActionID: Executor.Outcome] = [:]
    private var slots: JobSlots
    /// Expected seconds to the end of the plan; known once something must run.
    private var remaining: [ActionID: Double]?
    private var failure: (any Error)?
    /// What could begin, the most urgent first; nil when something ended since it was looked up.
    private var candidates: [Candidate]?

    init(_ executor: Executor, _ plan: Plan, isForced: @escaping @Sendable (Action) -> Bool) {
        self.executor = executor
        self.plan = plan
        self.isForced = isForced
        waiting = plan.actions
        slots = JobSlots(executor.tools.jobs)
    }

    /// Runs to the end.
    ///
    /// When an action fails, those that run already are finished, as their results are of use to
    /// the next run; no other begins.
    ///
    /// - Throws: the error of the action that failed first; `CancellationError` when stopped.
    mutating func finish() async throws -> [ActionID: Executor.Outcome] {
        defer { for begun in running.values { begun.pipe?.close() } }
        try await withThrowingTaskGroup(of: Event.self) { group in
            var isTicking = false
            while true {
                slots.collect()
                for (id, work) in try begin() { group.addTask { .ended(id, await work.result()) } }
                slots.lend()
                if running.isEmpty { break }
                if !isTicking, slots.isLending || !waiting.isEmpty, !Task.isCancelled {
                    isTicking = true
                    group.addTask {
                        // Woken early when the run is stopped, which is no error here.
                        try? await Task.sleep(for: Self.pace)
                        return .tick
                    }
                }
                switch try await group.next() {
                case .tick: isTicking = false
                case .ended(let id, let result): try end(id, result)
                case nil: break
                }
            }
            group.cancelAll()
        }
        try Task.checkCancellation()
        if let failure { throw failure }
        return outcomes
    }

    /// Takes note of what is fresh, and begins what may begin.
    private mutating func begin() throws -> [(ActionID, Work)] {
        guard failure == nil, !Task.isCancelled else { return [] }
        var works: [(ActionID, Work)] = []
        let ready = try candidates ?? self.ready()
        candidates = ready
        for candidate in ready where mayBegin(candidate.action) {
            let (action, key) = (candidate.action, candidate.key)
            let inputs = candidate.inputs
            waiting.removeAll { $0.id == action.id }
            candidates?.removeAll { $0.action.id == action.id }
            tools.events(.started(action.id))
            let log = tools.results.log(for: key)
            try Files.write("", to: log)
            if action.needsProcessor { slots.take() }
            let pipe = try pipe(for: action)
            running[action.id] = Begun(
                action: action, key: key, inputs: inputs, start: .now, pipe: pipe)
            let run = ActionRun(id: action.id, inputs: inputs, log: log, tools: tools, pipe: pipe)
            works.append((action.id, Work(run: run, operation: action.operation)))
        }
        return works
    }

    /// What runs apart from the others.
    struct Work: Sendable {
        let run: ActionRun
        let operation: Planning.Operation

        func result() async -> Result<ActionRun.Product, any Error> {
            do {
                return .success(try await run.perform(operation))
            } catch {
                return .failure(error)
            }
        }
    }

    private func mayBegin(_ action: Action) -> Bool {
        guard action.needsProcessor else { return true }
        guard slots.free > 0 else { return false }
        // One at a time always goes on, however little there is.
        return running.isEmpty || tools.availableMemory() >= action.usualMemory
    }

    private mutating func pipe(for action: Action) throws -> JobPipe? {
        guard action.sharesJobs else { return nil }
        var random = SystemRandomNumberGenerator()
        let name = "jobs-\(String(random.next() as UInt64, radix: 36))"
        let pipe = try JobPipe(at: tools.store.home.temporary.appending(name))
        slots.open(pipe, for: action.id, rank: remaining?[action.id] ?? 0)
        return pipe
    }

    /// Actions that wait for nothing any more and must run, the most urgent first.
    private mutating func ready() throws -> [Candidate] {
        var ready: [Candidate] = []
        var stillWaiting: [Action] = []
        for action in waiting {
            guard action.dependencies.allSatisfy({ outcomes[$0] != nil }) else {
                stillWaiting.append(action)
                continue
            }
            let inputs = try executor.resolve(action, outcomes)
            let key = try action.key(resolved: inputs)
            if !isForced(action), let known = tools.results.result(for: key) {
                tools.results.noteUse(of: key)
                tools.events(.fresh(action.id))
                outcomes[action.id] = Executor.Outcome(
                    id: action.id, key: key, result: known, wasFresh: true,
                    log: tools.results.log(for: key))
            } else {
                stillWaiting.append(action)
                ready.append(Candidate(action: action, key: key, inputs: inputs))
            }
        }
        waiting = stillWaiting
        guard !ready.isEmpty else { return [] }
        let remaining = try remainingSeconds()
        return ready.enumerated().sorted { left, right in
            let seconds = [left, right].map { remaining[$0.element.action.id] ?? 0 }
            return (seconds[0], right.offset) > (seconds[1], left.offset)
        }.map(\.element)
    }

    private mutating func remainingSeconds() throws -> [ActionID: Double] {
        if let remaining { return remaining }
        var last: [String: Double] = [:]
        for (_, result, _) in try tools.results.all().sorted(by: { $0.finished < $1.finished }) {
            last[result.action] = result.seconds
        }
        let remaining = plan.remainingSeconds { last[$0.id.description] ?? $0.usualSeconds }
        self.remaining = remaining
        return remaining
    }

    /// An action has ended: what it made is recorded, and its slots are free.
    private mutating func end(_ id: ActionID, _ result: Result<ActionRun.Product, any Error>) throws
    {
        guard let begun = running.removeValue(forKey: id) else { return }
        candidates = nil
        if begun.action.needsProcessor { slots.giveBack(id) }
        begun.pipe?.close()
        do {
            outcomes[id] = try executor.conclude(
                begun.action, key: begun.key, inputs: begun.inputs, start: begun.start,
                result: result)
        } catch {
            guard failure == nil else { return }
            failure = error
            guard !running.isEmpty, !Task.isCancelled else { return }
            let names = running.keys.sorted().map { "`\($0)`" }.joined(separator: ", ")
            tools.events(.note("one action failed; what is running is finished first: \(names)"))
        }
    }
}
