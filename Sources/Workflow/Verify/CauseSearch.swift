import Diagnostics
import Digest
import Execution
import Foundation
import Planning
import Store
import Synchronization

/// Looks for what makes a rebuild differ: first among the steps after the compilation, which take
/// little time, and only then with everything done again.
final class CauseSearch: Sendable {
    private let rebuilder: Rebuilder
    private let goals: [Verifier.Goal]
    private let events: EventSink
    private let rebuilds = Mutex(0)

    /// How many rebuilds were made.
    var count: Int { rebuilds.withLock { $0 } }

    init(rebuilder: Rebuilder, goals: [Verifier.Goal], events: @escaping EventSink) {
        self.rebuilder = rebuilder
        self.goals = goals
        self.events = events
    }

    /// Rebuilds until the cause is known.
    ///
    /// - Parameter variations: with all of these a rebuild differed.
    /// - Returns: the cause, and the scope in which it acts.
    /// - Throws: `Failure` when a rebuild cannot be made, which it could before.
    func cause(of variations: [Variation]) async throws -> (Verdict.Cause, Rebuilder.Scope) {
        let isNarrow = rebuilder.document.actions.contains { action in
            action.isBeforeDeriving && rebuilder.outcomes[action.id] != nil
        }
        for scope in isNarrow ? [Rebuilder.Scope.afterCompile, .everything] : [.everything] {
            let usual = try await made([], scope)
            guard try await made([], scope) == usual else { return (.chance, scope) }
            guard try await made(variations, scope) != usual else { continue }
            let bisection = Bisection { try await self.made($0, scope) != usual }
            return (.variations(try await bisection.culprits(in: variations)), scope)
        }
        return (.unexplained, .everything)
    }

    /// What a rebuild makes in a fixed world with some variations.
    private func made(_ variations: [Variation], _ scope: Rebuilder.Scope) async throws
        -> [SHA256Digest?]
    {
        let number = rebuilds.withLock { count in
            count += 1
            return count
        }
        let words =
            variations.isEmpty ? "nothing" : variations.map(\.rawValue).joined(separator: ",")
        let id = ActionID("rebuild varying \(words) (search \(number))")
        events(.started(id))
        let start = ContinuousClock.now
        // A clock that stands still, so that only what is varied can differ.
        let world = VariedWorld(
            variations, clock: variations.contains(.time) ? .later : .frozen, kit: rebuilder.kit)
        let goals = goals
        let digests = try await rebuilder.rebuild(in: world, scope: scope) { outcome, _ in
            let result = try outcome.get()
            return goals.map { result.outputs(of: $0.action)?[$0.output]?.sha256 }
        }
        events(.finished(id, seconds: (ContinuousClock.now - start) / .seconds(1)))
        return digests
    }
}
