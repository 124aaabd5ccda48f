/// A failure that a person can act on: what failed, on what, why, and what to do next.
///
/// Library code throws this type only; the command line turns its `kind` into an exit code and
/// prints `message`, `details` and `hint`.
package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What class of failure it is; decides the exit code (see the table in DESIGN and README).
    package enum Kind: Sendable, Hashable {
        /// A build, test, gate or lint failed.
        case failed
        /// A defect in Lapidary itself.
        case internalError
        /// The environment cannot be used: no sandbox, no mirror, no disk, somebody else builds.
        case environment
        /// A digest did not match, or something was tampered with.
        case integrity
        /// Wrong usage: a malformed recipe, selection or option.
        case usage
        /// The user stopped the run.
        case interrupted
    }

    package let kind: Kind
    /// One clear sentence without a full stop: what failed, on which file or package, and why.
    package let message: String
    /// Lines that belong to the failure, such as the end of a build log.
    package let details: [String]
    /// What to do next, if there is something.
    package let hint: String?

    package init(_ kind: Kind, _ message: String, details: [String] = [], hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.details = details
        self.hint = hint
    }

    package var description: String {
        ([message] + details + (hint.map { ["hint: \($0)"] } ?? [])).joined(separator: "\n")
    }
}
