package import Diagnostics
import Digest
package import Lock

/// What `pin check` found.
package struct PinCheckReport: Sendable, Hashable {
    /// Why the lock does not hold.
    package struct Reason: Sendable, Hashable {
        /// What kind of trouble it is.
        package enum Kind: String, Sendable, Hashable {
            /// Recipes and lock disagree.
            case stale
            /// A pinned file is neither in the store nor where it came from.
            case unavailable
            /// Nobody could say whether a pinned file is still there.
            case unknown
        }

        package let kind: Kind
        package let text: String
    }

    package let lock: ProjectLock
    /// Files of the lock.
    package let files: Int
    /// Files that are not in the store, and can be had.
    package let downloadable: Int
    package let reasons: [Reason]

    /// What the command ends with; nil when the lock holds.
    package var failure: Failure? {
        let certain = reasons.filter { $0.kind != .unknown }
        guard let first = certain.first ?? reasons.first else { return nil }
        let others = reasons.count - 1
        let more = others > 0 ? " (and \(others) more)" : ""
        guard certain.isEmpty else {
            return Failure(
                .integrity, "`\(ProjectLock.path)` does not hold: \(first.text)\(more)",
                hint: "move it on with `lapidary pin update`")
        }
        return Failure(
            .environment, "cannot tell whether the lock still holds: \(first.text)\(more)",
            hint: "check the network, or name another mirror with --mirror URL")
    }
}

/// Compares the lock with recipes, store and mirror: the job behind `pin check`.
package struct PinCheck: Sendable {
    private let context: Context

    package init(context: Context) {
        self.context = context
    }

    /// Looks for every reason why the lock does not hold.
    ///
    /// - Throws: `Failure` of kind `integrity` without a lock, or for one that was edited.
    package func run() async throws -> PinCheckReport {
        let catalog = try ProjectLoader.catalog(of: context.project)
        guard let lock = try LockFile.read(of: context.project) else { throw LockFile.missing }
        let gaps =
            lock.leftovers(in: catalog)
            + lock.gaps(of: LockScope(of: lock, in: catalog), in: catalog)
        var seen: Set<SHA256Digest> = []
        let inputs =
            (lock.releases.map { Availability.Input(source: $0.source) }
            + lock.packages.map { Availability.Input(member: $0.member) })
            .filter { seen.insert($0.sha256).inserted }
        let findings = try await context.exclusively("lapidary pin check") {
            try await Availability(context: context).check(inputs)
        }
        let troubles = findings.filter { !$0.isAvailable }.map { finding in
            let name = finding.input.name
            return finding.doubt.map {
                PinCheckReport.Reason(kind: .unknown, text: "\(name) cannot be asked for: \($0)")
            }
                ?? PinCheckReport.Reason(
                    kind: .unavailable,
                    text: "\(name) is neither in the store nor on the mirror")
        }
        return PinCheckReport(
            lock: lock, files: inputs.count,
            downloadable: findings.count(where: \.isAvailable),
            reasons: gaps.map { PinCheckReport.Reason(kind: .stale, text: $0.description) }
                + troubles)
    }
}
