import Diagnostics
package import Digest
import Execution
import Foundation
import HostSystem
package import Planning
import Store
import SystemPackage

/// Rebuilds until it is known whether a plan gives the same bytes again, and if not, why.
package struct Verifier: Sendable {
    /// A file that must be the same.
    package struct Goal: Sendable, Hashable {
        /// The file's name, or the action's.
        package let name: String
        package let action: ActionID
        package let output: String
        package let expected: SHA256Digest

        package init(name: String, action: ActionID, output: String, expected: SHA256Digest) {
            self.name = name
            self.action = action
            self.output = output
            self.expected = expected
        }
    }

    private let rebuilder: Rebuilder
    private let goals: [Goal]

    package init(rebuilder: Rebuilder, goals: [Goal]) {
        self.rebuilder = rebuilder
        self.goals = goals
    }

    /// Rebuilds with all variations at once, as often as wanted; after a difference it looks for the
    /// variation that makes it.
    ///
    /// - Parameters:
    ///   - subject: what is verified, for people.
    ///   - options: what to vary, how often, and how much is done again.
    /// - Returns: what was found.
    /// - Throws: `Failure` when the home or this machine gets in the way; a rebuild that fails is
    ///   no error but a verdict.
    package func verify(_ subject: String, _ options: VerifyOptions) async throws
        -> Verdict
    {
        let runs = options.runs
        var skipped: [Variation: String] = [:]
        for variation in options.choice.variations {
            skipped[variation] = rebuilder.tools.obstacle(to: variation, kit: rebuilder.kit)
        }
        let varied = options.choice.variations.filter { skipped[$0] == nil }
        let world = VariedWorld(
            varied, clock: varied.contains(.time) ? .later : .real, kit: rebuilder.kit)
        var done: [Verdict.Run] = []
        var kept: FilePath?
        for number in 1...runs {
            let id = ActionID("rebuild \(subject)" + (runs > 1 ? " (\(number) of \(runs))" : ""))
            let run = try await announced(id) {
                try await rebuilder.rebuild(in: world, scope: options.scope) { outcome, place in
                    let run = judged(outcome, options.scope)
                    if kept == nil { kept = try keep(run, place) }
                    return run
                }
            }
            done.append(run)
            if run.status != .good { break }
        }
        let isBad = done.last?.status == .bad
        var verdict = Verdict(
            subject: subject, scope: options.scope, varied: varied, skipped: skipped, runs: done,
            difference: isBad
                ? try await difference(varied, kept: kept, in: done, options.scope) : nil,
            usualSeconds: usualSeconds)
        if varied.contains(.time), rebuilder.document.actions.contains(where: \.hasAllocator) {
            verdict.notes.append(
                "time: not where a Ruby with an allocator of its own runs, which libfaketime"
                    + " cannot be loaded into")
        }
        return verdict
    }

    /// Seconds of every action when it was run last, downloads left out.
    private var usualSeconds: Double? {
        let actions = rebuilder.document.actions.filter { action in
            if case .fetch = action.operation { return false }
            return true
        }
        let seconds = actions.compactMap { rebuilder.outcomes[$0.id]?.result.seconds }
        return seconds.count == actions.count && !seconds.isEmpty ? seconds.reduce(0, +) : nil
    }

    private func announced(_ id: ActionID, _ body: () async throws -> Verdict.Run) async throws
        -> Verdict.Run
    {
        let events = rebuilder.context.events
        events(.started(id))
        let start = ContinuousClock.now
        let run = try await body()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        events(
            run.status == .good
                ? .finished(id, seconds: seconds) : .failed(id, seconds: seconds))
        return run
    }

    private func judged(_ outcome: Result<RebuildResult, Failure>, _ scope: Rebuilder.Scope)
        -> Verdict.Run
    {
        switch outcome {
        case .success(let result):
            // What is taken from the home is the same without being made.
            let made = goals.filter { scope == .everything || !rebuilder.isGiven($0.action) }
            let artifacts = made.map { goal in
                Verdict.Artifact(
                    name: goal.name, expected: goal.expected,
                    found: result.outputs(of: goal.action)?[goal.output]?.sha256)
            }
            return Verdict.Run(
                status: artifacts.allSatisfy(\.isSame) ? .good : .bad, artifacts: artifacts,
                seconds: result.seconds, reason: nil)
        case .failure(let failure):
            return Verdict.Run(
                status: failure.kind == .failed ? .fail : .unknown, artifacts: [], seconds: 0,
                reason: failure.description)
        }
    }

    /// Keeps the first file that differs in the home.
    private func keep(_ run: Verdict.Run, _ place: Rebuilder.Place) throws -> FilePath? {
        let fresh = ArtifactStore(home: Home(place.home))
        for artifact in run.artifacts where !artifact.isSame {
            guard let found = artifact.found, fresh.contains(found) else { continue }
            let folder = rebuilder.context.home.rebuilt
            try Files.createDirectory(folder)
            let file = folder.appending(FilePath(artifact.name).lastComponent?.string ?? "file")
            try Files.remove(file)
            try Files.linkOrCopy(fresh.path(of: found), to: file)
            return file
        }
        return nil
    }

    private func difference(
        _ varied: [Variation], kept: FilePath?, in runs: [Verdict.Run], _ scope: Rebuilder.Scope
    ) async throws -> Verdict.Difference {
        let excerpt = try await excerpt(kept: kept, in: runs)
        if scope.isFromScratch {
            return Verdict.Difference(
                cause: .derivation, isAfterCompile: false, rebuilds: 0, kept: kept,
                excerpt: excerpt)
        }
        let search = CauseSearch(
            rebuilder: rebuilder, goals: goals, events: rebuilder.context.events)
        let (cause, found) = try await search.cause(of: varied)
        return Verdict.Difference(
            cause: cause, isAfterCompile: found == .afterCompile, rebuilds: search.count,
            kept: kept, excerpt: excerpt)
    }

    private func excerpt(kept: FilePath?, in runs: [Verdict.Run]) async throws -> [String] {
        guard let kept,
            let artifact = runs.last?.artifacts.first(where: { !$0.isSame && $0.found != nil }),
            let usual = try rebuilder.context.store.verified(artifact.expected)
        else { return [] }
        return await Diffoscope(runner: rebuilder.context.runner).excerpt(usual, kept)
    }
}
