package import Digest
package import Planning

/// What was tried of a package, and how it went.
package struct SmokeReport: Sendable, Hashable, Codable {
    /// One check.
    package struct Check: Sendable, Hashable, Codable {
        /// How a check went.
        package enum Outcome: String, Sendable, Hashable, Codable {
            case passed, failed
            /// Not made, since the package could not be installed.
            case skipped
        }

        package let name: String
        /// Why the check exists: what is lost when it fails.
        package let reason: String
        package let outcome: Outcome
        /// What was proven, or what went wrong.
        package let output: String
        /// Wall-clock seconds.
        package let seconds: Double

        package init(
            name: String, reason: String, outcome: Outcome, output: String, seconds: Double
        ) {
            self.name = name
            self.reason = reason
            self.outcome = outcome
            self.output = output
            self.seconds = seconds
        }
    }

    /// Raised when a field changes its meaning.
    package let schema: Int
    package let package: String
    package let version: String
    package let suite: String
    package let architecture: String
    /// Bytes of the .deb.
    package let size: Int64
    /// The very bytes that were tried.
    package let sha256: SHA256Digest
    /// What the report stands for.
    package let scope: SmokeOperation.Scope
    package let checks: [Check]

    package init(
        of operation: SmokeOperation, size: Int64, sha256: SHA256Digest, checks: [Check]
    ) {
        schema = 2
        package = operation.package
        version = operation.version
        suite = operation.suite
        architecture = operation.architecture
        self.size = size
        self.sha256 = sha256
        scope = operation.scope
        self.checks = checks
    }

    package var failed: [Check] { checks.filter { $0.outcome == .failed } }

    /// `21 checks passed`, or `2 of 21 checks failed: yaml, zlib`.
    package var summary: String {
        let failed = failed
        guard failed.isEmpty else {
            let names = failed.map(\.name).joined(separator: ", ")
            return "\(failed.count) of \(Self.count(checks)) failed: \(names)"
        }
        return "\(Self.count(checks)) passed"
    }

    private static func count(_ checks: [Check]) -> String {
        "\(checks.count) check\(checks.count == 1 ? "" : "s")"
    }
}
