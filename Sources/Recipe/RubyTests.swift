/// Which of Ruby's own tests are run for a series, and which of them may fail.
package struct RubyTests: Sendable, Hashable {
    /// Files and folders below `test/` of the source, for `make test-all`; the other test programs
    /// are run as a whole.
    package let files: [String]
    /// The reason for each test that the plain variant fails too, by suite and the test's name.
    package let knownFailures: [String: [String: String]]
    /// The reason for each test that is not run at all, by its name; one with a longer name that
    /// begins so is left out with it.
    package let leftOut: [String: String]

    static let form = Form.mapping("the tests") { keys in
        RubyTests(
            files: keys.required("test-all", .list(of: .path, unique: true)),
            knownFailures: keys.optional("known-failures", failuresBySuite) ?? [:],
            leftOut: keys.optional("left-out", dictionary(key: .line, of: .line)) ?? [:])
    }

    private static let failuresBySuite = dictionary(
        key: .name, of: dictionary(key: .line, of: .line))

    private static func dictionary<Value: Sendable>(
        key: Form<String>, of value: Form<Value>
    ) -> Form<[String: Value]> {
        Form<[(key: String, value: Value)]>.entries(key: key, of: value)
            .map { Dictionary($0.map { ($0.key, $0.value) }) { first, _ in first } }
    }
}
