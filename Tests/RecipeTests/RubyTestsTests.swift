import Testing

@testable import Recipe

/// What a series says of Ruby's own tests.
@Suite struct RubyTestsTests {
    private static let path = "Recipes/ruby/3.3.yaml"

    private func fixture(_ tests: String) -> Fixture {
        Fixture.good.with(Self.path, (Fixture.good.texts[Self.path] ?? "") + tests)
    }

    @Test func areReadAsWritten() throws {
        let series = try #require(
            try fixture(
                """
                tests:
                  test-all: [ruby/test_gc.rb, socket]
                  known-failures:
                    bookworm:
                      TestIO#test_seek: needs an extension
                  left-out:
                    TestGC#test_wild: takes the machine down
                """
            ).catalog.series.first { $0.tests != nil })
        #expect(series.tests?.files == ["ruby/test_gc.rb", "socket"])
        #expect(
            series.tests?.knownFailures
                == ["bookworm": ["TestIO#test_seek": "needs an extension"]])
        #expect(series.tests?.leftOut == ["TestGC#test_wild": "takes the machine down"])
    }

    @Test func mayBeLeftOut() throws {
        #expect(try Fixture.good.catalog.series.allSatisfy { $0.tests == nil })
    }

    @Test(arguments: [
        ("tests:\n  test-all: []\n", "`test-all` must have an entry"),
        ("tests:\n  test-all: [../x.rb]\n", "must be a path below the project's root"),
        ("tests:\n  test-all: [a, a]\n", "`test-all` names `a` twice"),
        ("tests:\n  test-al: [a]\n", "did you mean `test-all`?"),
        (
            "tests:\n  test-all: [a]\n  known-failures: {bookwrm: {T#t: why}}\n",
            "there is no suite `bookwrm`; did you mean `bookworm`?"
        ),
        (
            "tests:\n  test-all: [a]\n  known-failures: {bookworm: {T#t: ''}}\n",
            "`T#t` of `bookworm` of `known-failures` must be text on one line"
        ),
        (
            "tests:\n  test-all: [a]\n  left-out: {T#test_x'|.: why}\n",
            "`T#test_x'|.` is not the name of a test"
        ),
    ])
    func refuses(tests: String, problem: String) {
        let problems = fixture(tests).problems
        #expect(problems.contains { $0.contains(problem) }, "\(problems)")
        #expect(problems.allSatisfy { $0.hasPrefix(Self.path) })
    }
}
