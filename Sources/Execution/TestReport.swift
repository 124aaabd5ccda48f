import Planning

/// What Ruby's own tests said of a variant.
package struct TestReport: Sendable, Hashable, Codable {
    /// A test program that ran to its end.
    package struct Program: Sendable, Hashable, Codable {
        /// What make calls it: `btest`, `test-basic`, `test-all`.
        package let name: String
        /// How many tests ran.
        package let tests: Int
        /// How many of them said that they cannot be run here.
        package let skipped: Int
        /// Wall-clock seconds.
        package let seconds: Double
        /// Failures that no recipe lists; empty in a report that is kept.
        package let failures: [FailedTest]
        /// Failures that the recipe lists, each with its reason.
        package let known: [KnownFailure]
    }

    /// A test that failed.
    package struct FailedTest: Sendable, Hashable, Codable {
        package let name: String
        /// What it printed of the failure.
        package let message: [String]
    }

    /// A test that the recipe lists as failing, or leaves out.
    package struct KnownFailure: Sendable, Hashable, Codable {
        package let name: String
        package let reason: String
    }

    /// Raised when a field changes its meaning.
    package let schema: Int
    package let release: String
    package let variant: String
    package let suite: String
    package let architecture: String
    package let programs: [Program]
    /// Listed as failing, and did not fail: the recipe says too much.
    package let stale: [KnownFailure]
    /// Not run, since the recipe says so.
    package let leftOut: [KnownFailure]

    /// Holds what the programs printed against what the recipe lists.
    ///
    /// - Parameters:
    ///   - operation: what was run.
    ///   - runs: what each program printed, and its seconds.
    init(_ operation: CheckOperation, runs: [(output: TestOutput, seconds: Double)]) {
        schema = 1
        release = operation.release
        variant = operation.variant
        suite = operation.suite
        architecture = operation.architecture
        let listed = operation.knownFailures
        programs = runs.map { output, seconds in
            Program(
                name: output.program.rawValue, tests: output.tests, skipped: output.skipped,
                seconds: seconds, failures: output.failures.filter { listed[$0.name] == nil },
                known: output.failures.compactMap { failure in
                    listed[failure.name].map { KnownFailure(name: failure.name, reason: $0) }
                })
        }
        let failed = Set(programs.flatMap(\.known).map(\.name))
        stale = listed.filter { !failed.contains($0.key) }
            .map { KnownFailure(name: $0.key, reason: $0.value) }
            .sorted { $0.name < $1.name }
        leftOut = operation.leftOut.map { KnownFailure(name: $0.key, reason: $0.value) }
            .sorted { $0.name < $1.name }
    }

    /// What was tested, in the grammar of selections.
    package var subject: String { "\(release)@\(variant):\(suite)/\(architecture)" }

    package var failures: [FailedTest] { programs.flatMap(\.failures) }
}
