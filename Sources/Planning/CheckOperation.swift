/// Ruby's own tests, run where a variant was compiled.
package struct CheckOperation: Sendable, Hashable, Codable {
    /// One of the test programs that come with Ruby.
    package struct Program: Sendable, Hashable, Codable {
        /// What make calls it; each reports in its own way.
        package enum Name: String, Sendable, Hashable, Codable, CaseIterable {
            /// bootstraptest: small programs and what they print.
            case btest
            /// basictest: the language's first steps.
            case basic = "test-basic"
            /// test/: unit tests of the core and the standard library.
            case all = "test-all"
        }

        package let name: Name
        /// The argument vector.
        package let arguments: [String]
        /// Absolute path inside the sandbox.
        package let workingDirectory: String

        package init(_ name: Name, _ arguments: [String], in workingDirectory: String) {
            self.name = name
            self.arguments = arguments
            self.workingDirectory = workingDirectory
        }
    }

    package let release: String
    package let variant: String
    package let suite: String
    package let architecture: String
    /// What makes the tree to be tested.
    package let preparation: [StepsOperation.Step]
    package let environment: [String: String]
    package let programs: [Program]
    /// Tests that may fail, with the reason for each.
    package let knownFailures: [String: String]
    /// Tests that are not run, with the reason for each.
    package let leftOut: [String: String]

    package init(
        release: String, variant: String, suite: String, architecture: String,
        preparation: [StepsOperation.Step], environment: [String: String], programs: [Program],
        knownFailures: [String: String], leftOut: [String: String] = [:]
    ) {
        self.release = release
        self.variant = variant
        self.suite = suite
        self.architecture = architecture
        self.preparation = preparation
        self.environment = environment
        self.programs = programs
        self.knownFailures = knownFailures
        self.leftOut = leftOut
    }
}
