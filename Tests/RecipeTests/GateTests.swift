import Testing

@testable import Recipe

/// The limits of the memory gate are read as strictly as the other recipes.
@Suite struct GateTests {
    private static let path = "Recipes/gates.yaml"

    private static let good = Fixture.good
        .with("Recipes/workloads/w1_rotate.rb", "exit 0\n")
        .with(
            path,
            """
            environment: [MALLOC_CONF=dirty_decay_ms:0]
            trials:
              - name: rotate
                workload: w1_rotate
                environment: []
              - name: rotate-two
                workload: w1_rotate
                environment: [MALLOC_ARENA_MAX=2]
            rows:
              - name: hoards
                variants: [plain]
                figure: settled
                trial: rotate
                against: rotate-two
                at-least: 4
                means: something gives memory back
              - name: gives-back
                variants: [trim]
                series: ["3.3"]
                figure: trimmable
                trial: rotate
                at-most: 0.25
                means: a trim too early

            """)

    @Test func limitsAreRead() throws {
        let gates = try #require(try Self.good.catalog.gates)
        #expect(gates.environment == ["MALLOC_CONF=dirty_decay_ms:0"])
        #expect(gates.trials.map(\.workload) == ["w1_rotate", "w1_rotate"])
        #expect(gates.rows.map(\.atLeast) == [4, nil])
        #expect(gates.rows.map(\.atMost) == [nil, 0.25])
        #expect(gates.rows.map(\.against) == ["rotate-two", nil])
        #expect(gates.rows[1].series?.map(\.description) == ["3.3"])
    }

    @Test func aProjectNeedsNone() throws {
        #expect(try Fixture.good.catalog.gates == nil)
    }

    private static let mistakes: [(String, String, String)] = [
        (
            "at-most: 0.25", "at-most: a quarter",
            "22:14: error: `at-most` must be a number such as 0.25, not `a quarter`"
        ),
        (
            "at-most: 0.25", "at-most: 1e3",
            "22:14: error: `at-most` must be a number such as 0.25, not `1e3`"
        ),
        (
            "at-least: 4", "at-least: 4\n    at-most: 3",
            "16:5: error: no figure is at least 4.0 and at most 3.0"
        ),
        (
            "MALLOC_ARENA_MAX=2", "MALLOC_ARENA_MAX",
            "8:19: error: an entry of `environment` must be like NAME=VALUE, not `MALLOC_ARENA_MAX`"
        ),
        (
            "against: rotate-two", "against: rotate-tow",
            "14:5: error: there is no trial `rotate-tow`; did you mean `rotate-two`? "
                + "known: rotate, rotate-two, live"
        ),
        (
            "figure: trimmable", "figure: trimmabel",
            "20:13: error: `figure` cannot be `trimmabel`; did you mean `trimmable`? "
                + "known: settled, growth, trimmable"
        ),
        (
            "figure: trimmable", "figure: trimmable\n    against: live",
            "21:5: error: only `settled` is held against something"
        ),
        ("variants: [trim]", "variants: [trin]", "18:16: error: there is no variant `trin`"),
        ("series: [\"3.3\"]", "series: [\"3.9\"]", "19:14: error: there is no series `3.9`"),
        (
            "workload: w1_rotate", "workload: w1_rotaet",
            "4:5: error: there is no workload `Recipes/workloads/w1_rotaet.rb`"
        ),
        ("name: rotate-two", "name: rotate", "6:5: error: trial `rotate` is listed twice"),
        ("against: rotate-two", "against: live", "6:5: error: no row reads trial `rotate-two`"),
    ]

    @Test(arguments: mistakes)
    func aMistakeIsNamedAtItsPlace(old: String, new: String, problem: String) {
        let problems = Self.good.replacing(old, in: Self.path, with: new).problems
        #expect(problems.contains { $0.hasPrefix("\(Self.path):\(problem)") }, "\(problems)")
    }

    @Test func noPackageHasTwoRowsOfAName() {
        let once = Self.good.replacing("name: gives-back", in: Self.path, with: "name: hoards")
        #expect(once.problems == [])
        let twice = once.replacing("variants: [trim]\n    ", in: Self.path, with: "")
        #expect(
            twice.problems == [
                "\(Self.path):17:5: error: some packages have two rows `hoards`"
            ])
    }
}
