package import Digest

/// What was tried of a package, and how it went.
package struct SmokeReport: Sendable, Hashable, Codable {
    /// One check.
    package struct Check: Sendable, Hashable, Codable {
        package let name: String
        /// Why the check exists: what is lost when it fails.
        package let reason: String
        package let passed: Bool
        /// What was proven, or what went wrong.
        package let output: String
        /// Wall-clock seconds.
        package let seconds: Double
    }

    /// Raised when a field changes its meaning.
    package let schema: Int
    package let package: String
    package let version: String
    package let suite: String
    /// The very bytes that were tried.
    package let sha256: SHA256Digest
    package let checks: [Check]

    package init(
        package: String, version: String, suite: String, sha256: SHA256Digest, checks: [Check]
    ) {
        schema = 1
        self.package = package
        self.version = version
        self.suite = suite
        self.sha256 = sha256
        self.checks = checks
    }

    package var failed: [Check] { checks.filter { !$0.passed } }
}
