package import Digest
package import SystemPackage

/// What a verification found.
package struct Verdict: Sendable, Hashable {
    /// The words of rebuilderd.
    package enum Status: String, Sendable, Hashable, Codable {
        /// Every rebuild gave the same bytes.
        case good = "GOOD"
        /// A rebuild gave other bytes.
        case bad = "BAD"
        /// A rebuild did not come to its end.
        case fail = "FAIL"
        /// This machine could not rebuild.
        case unknown = "UNKNOWN"
    }

    /// A file that was made again.
    package struct Artifact: Sendable, Hashable {
        /// The file's name, or the action's for what is no file of its own.
        package let name: String
        package let expected: SHA256Digest
        /// Nil where the rebuild did not come so far.
        package let found: SHA256Digest?

        package var isSame: Bool { found == expected }
    }

    /// One rebuild.
    package struct Run: Sendable, Hashable {
        package let status: Status
        package let artifacts: [Artifact]
        /// Wall-clock seconds.
        package let seconds: Double
        /// Why it did not come to its end.
        package let reason: String?
    }

    /// Where a difference comes from.
    package enum Cause: Sendable, Hashable {
        /// These variations, each by itself or those of a group together.
        case variations([[Variation]])
        /// Two rebuilds differ with everything fixed: something random.
        case chance
        /// With everything fixed, and with each half varied, all is the same.
        case unexplained
        /// A variant compiled by itself is not what deriving it made.
        case derivation
    }

    /// What a difference is about.
    package struct Difference: Sendable, Hashable {
        package let cause: Cause
        /// Whether the difference arises after the compilation.
        package let isAfterCompile: Bool
        /// How many more rebuilds it took to know.
        package let rebuilds: Int
        /// The file as it was made again, kept for a closer look.
        package let kept: FilePath?
        /// The beginning of what diffoscope says.
        package let excerpt: [String]
    }

    /// What was verified: a selection, or a file.
    package let subject: String
    package let scope: Rebuilder.Scope
    package let varied: [Variation]
    /// Variations that were asked for and could not be made here, with the reason.
    package let skipped: [Variation: String]
    package let runs: [Run]
    package let difference: Difference?
    /// What else people should know, such as who signed the evidence.
    package var notes: [String] = []
    /// Wall-clock seconds that one usual build took, for comparison; nil when none is known.
    package let usualSeconds: Double?

    package init(
        subject: String, scope: Rebuilder.Scope, varied: [Variation], skipped: [Variation: String],
        runs: [Run],
        difference: Difference?, usualSeconds: Double?
    ) {
        self.subject = subject
        self.scope = scope
        self.varied = varied
        self.skipped = skipped
        self.runs = runs
        self.difference = difference
        self.usualSeconds = usualSeconds
    }

    /// The worst of all runs.
    package var status: Status {
        for status in [Status.bad, .fail, .unknown]
        where runs.contains(where: { $0.status == status }) {
            return status
        }
        return .good
    }
}
