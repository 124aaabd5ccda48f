package import Digest
package import Foundation
import HostSystem
package import Store
package import SystemPackage

/// The last run of an action, as the home remembers it.
package struct ActionRecord: Sendable, Hashable {
    package let action: String
    package let key: SHA256Digest
    package let finished: Date
    /// Wall-clock seconds.
    package let seconds: Double
    /// Nil for an action that succeeded.
    package let failure: FailedActions.Entry?
    /// What its programs printed; the file may be empty, or gone.
    package let log: FilePath
    /// The digests of its outputs by their names; none of an action that failed.
    package let outputs: [String: ActionResult.Output]

    /// What the action does, the first word of its name: `derive`.
    package var kind: String { String(action.prefix { $0 != " " }) }
}

/// What ran in a home.
package struct ActionHistory: Sendable {
    private let store: ArtifactStore

    package init(store: ArtifactStore) {
        self.store = store
    }

    /// The last run of each key, the newest first.
    ///
    /// - Throws: `Failure` of kind `environment` when the home cannot be read.
    package func records() throws -> [ActionRecord] {
        let results = ActionResults(store: store)
        let done = try results.all().map { key, result, finished in
            ActionRecord(
                action: result.action, key: key, finished: finished, seconds: result.seconds,
                failure: nil, log: results.log(for: key), outputs: result.outputs)
        }
        let failed = try FailedActions(store: store).all().map { entry in
            ActionRecord(
                action: entry.record.action, key: entry.record.key, finished: entry.record.when,
                seconds: entry.record.seconds, failure: entry,
                log: results.log(for: entry.record.key), outputs: [:])
        }
        // A check that passed and now fails has a result too; a log tells of the last run only.
        let byKey = Dictionary((done + failed).map { ($0.key, $0) }) { first, second in
            first.finished > second.finished ? first : second
        }
        return byKey.values.sorted {
            ($0.finished, $0.action) > ($1.finished, $1.action)
        }
    }
}
