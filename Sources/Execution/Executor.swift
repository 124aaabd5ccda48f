import Diagnostics
package import Digest
package import Foundation
package import HostSystem
package import Lock
package import Planning
package import Provisioning
package import Sandbox
package import Store
package import SystemPackage

/// Runs a plan: what is in the store already is not done again.
package struct Executor: Sendable {
    /// What an executor works with.
    package struct Tools: Sendable {
        package let store: ArtifactStore
        package let runner: any CommandRunner
        package let fetcher: SourceFetcher
        /// The package sets that the plan's roots are made of.
        package let packageSets: [PackageSet]
        /// Job slots of the run: what actions, and the makes in them, share.
        package let jobs: Int
        /// The clock, for the date of a smoke test's repository.
        package let now: @Sendable () -> Date
        package let events: EventSink
        /// What one program in a sandbox may use.
        package let limits: Limits
        /// What programs in a build sandbox may notice of who builds, and where.
        package let world: SandboxWorld
        /// Bytes of memory that further programs can have.
        package let availableMemory: @Sendable () -> Int64
        /// Where to build in memory; nil to build on disk.
        package let memory: MemoryDisk?

        package init(
            store: ArtifactStore, runner: any CommandRunner, fetcher: SourceFetcher,
            packageSets: [PackageSet], jobs: Int, now: @escaping @Sendable () -> Date,
            events: @escaping EventSink, limits: Limits = .standard, world: SandboxWorld = .usual,
            availableMemory: @escaping @Sendable () -> Int64 = { AvailableMemory.bytes() },
            memory: MemoryDisk? = nil
        ) {
            self.store = store
            self.runner = runner
            self.fetcher = fetcher
            self.packageSets = packageSets
            self.jobs = jobs
            self.now = now
            self.events = events
            self.limits = limits
            self.world = world
            self.availableMemory = availableMemory
            self.memory = memory
        }

        var sandbox: BubblewrapSandbox {
            BubblewrapSandbox(runner: runner, limits: limits, world: world)
        }

        /// The sandbox for programs that may be linked with an allocator of their own.
        var sandboxForAllocators: BubblewrapSandbox {
            BubblewrapSandbox(runner: runner, limits: limits, world: world.withoutPreload)
        }
        /// Runs `body` while the build folder lists its files in another order, where the world
        /// asks for it.
        func shuffling<Value: Sendable>(
            _ workspace: Workspace, log: FilePath, _ body: () async throws -> Value
        ) async throws -> Value {
            guard world.shufflesFolders else { return try await body() }
            return try await FolderShuffle(runner: runner, log: log).over(
                workspace.build, keptIn: workspace.unshuffled, body)
        }

        var results: ActionResults { ActionResults(store: store) }
        var failures: FailedActions { FailedActions(store: store) }
        var roots: RootAssembler { RootAssembler(store: store, runner: runner) }
    }

    /// How one action ended.
    package struct Outcome: Sendable, Hashable {
        package let id: ActionID
        package let key: SHA256Digest
        package let result: ActionResult
        /// Whether the result was in the store before.
        package let wasFresh: Bool
        /// What was printed while it ran.
        package let log: FilePath
    }

    let tools: Tools

    package init(tools: Tools) {
        self.tools = tools
    }

    /// Runs every action of a plan, each after those it waits for, several at once where job slots
    /// are free.
    ///
    /// - Parameters:
    ///   - plan: what to do.
    ///   - isForced: tells the actions that shall run even though their result is known.
    /// - Returns: the outcome of each action, by its id.
    /// - Throws: the `Failure` of the first action that fails; what finished before it is kept.
    ///   A package that fails smoke checks is no failure here: its report says so.
    package func run(_ plan: Plan, isForced: @escaping @Sendable (Action) -> Bool = { _ in false })
        async throws -> [ActionID: Outcome]
    {
        tools.events(.planned(plan.actions.count))
        var run = PlanRun(self, plan, isForced: isForced)
        return try await run.finish()
    }

    /// The digests of an action's inputs, once all that it waits for has run.
    func resolve(_ action: Action, _ outcomes: [ActionID: Outcome]) throws
        -> [String: SHA256Digest]
    {
        try action.inputs.mapValues { input in
            switch input {
            case .blob(let digest): return digest
            case .output(let id, let name):
                guard let output = outcomes[id]?.result.outputs[name] else {
                    throw Failure(.internalError, "`\(id)` made no output `\(name)`")
                }
                return output.sha256
            }
        }
    }

    /// Records what an action made, or why it failed.
    ///
    /// - Throws: the error that it ended with.
    func conclude(
        _ action: Action, key: SHA256Digest, inputs: [String: SHA256Digest],
        start: ContinuousClock.Instant, result: Result<ActionRun.Product, any Error>
    ) throws -> Outcome {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let product: ActionRun.Product
        do {
            product = try result.get()
        } catch {
            if !Task.isCancelled { tools.events(.failed(action.id, seconds: seconds)) }
            throw remember(error, of: action, key: key, start: start)
        }
        let result = ActionResult(
            action: action.id.description, outputs: product.outputs, seconds: seconds,
            inputs: inputs, operation: try action.operation.digest(),
            packages: action.operation.packages)
        if product.isRecorded { try tools.results.record(result, for: key) }
        if product.passed {
            // Some checks that pass do not mend a failure of the whole.
            if product.isRecorded {
                try tools.failures.forget(action: action.id.description)
            }
            tools.events(.finished(action.id, seconds: seconds))
        } else {
            let failure = Failure(.failed, "checks failed")
            _ = remember(failure, of: action, key: key, start: start)
            tools.events(.failed(action.id, seconds: seconds))
        }
        return Outcome(
            id: action.id, key: key, result: result, wasFresh: false,
            log: tools.results.log(for: key))
    }

    /// Notes why an action failed, with its workspace; nothing is kept of one that was stopped.
    ///
    /// - Returns: the error to throw.
    private func remember(
        _ error: any Error, of action: Action, key: SHA256Digest,
        start: ContinuousClock.Instant
    ) -> any Error {
        let step = error as? StepFailure
        defer { if let step { try? Files.remove(step.workspace) } }
        guard let failure = step?.failure ?? error as? Failure, !Task.isCancelled else {
            return step?.failure ?? error
        }
        // What went wrong first is what counts: a full disk must not hide it.
        let isKept = try? tools.failures.add(
            action: action.id.description, key: key, when: tools.now(),
            seconds: (ContinuousClock.now - start) / .seconds(1), failure: failure, step: step)
        guard isKept == true else { return failure }
        return Failure(
            failure.kind, failure.message,
            details: failure.details + ["its sandbox as it failed: lapidary shell '\(action.id)'"],
            hint: failure.hint)
    }
}
