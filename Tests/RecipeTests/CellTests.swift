import Diagnostics
import Testing

@testable import Recipe

@Suite struct CellTests {
    private static let host = HostPlatform(suite: "bookworm", architecture: .amd64)

    private func cells(
        _ texts: [String], project: String? = nil, host: HostPlatform = host,
        allowsUnverified: Bool = true
    ) throws -> [String] {
        let catalog = try Fixture.good.with("lapidary.yaml", project).catalog
        return try catalog.cells(
            for: texts.map { try Selection.parse($0) }, project: catalog.project, host: host,
            allowsUnverified: allowsUnverified
        ).map(\.description)
    }

    @Test(
        arguments: [
            (["3.3"], ["3.3.8@plain:bookworm/amd64", "3.3.8@trim:bookworm/amd64"]),
            (["3.10"], ["3.10.2@plain:bookworm/amd64"]),
            (["3.3.10@trim"], ["3.3.10@trim:bookworm/amd64"]),
            (["all@plain"], ["3.3.8@plain:bookworm/amd64", "3.10.2@plain:bookworm/amd64"]),
            (["3.3@plain:trixie"], ["3.3.8@plain:trixie/amd64"]),
            (
                ["3.3@plain:all/all"],
                [
                    "3.3.8@plain:bookworm/amd64", "3.3.8@plain:bookworm/arm64",
                    "3.3.8@plain:trixie/amd64",
                ]
            ),
            (
                ["3.10,3.3,3.3.8@all:trixie,bookworm/amd64"],
                [
                    "3.3.8@plain:bookworm/amd64", "3.3.8@plain:trixie/amd64",
                    "3.3.8@trim:bookworm/amd64", "3.3.8@trim:trixie/amd64",
                    "3.10.2@plain:bookworm/amd64", "3.10.2@plain:trixie/amd64",
                ]
            ),
            (
                ["3.3@trim", "3.3.8@trim:bookworm", "3.10"],
                ["3.3.8@trim:bookworm/amd64", "3.10.2@plain:bookworm/amd64"]
            ),
            (
                [],
                [
                    "3.3.8@plain:bookworm/amd64", "3.3.8@trim:bookworm/amd64",
                    "3.10.2@plain:bookworm/amd64",
                ]
            ),
        ] as [([String], [String])])
    func meanings(selections: [String], expected: [String]) throws {
        #expect(try cells(selections) == expected)
    }

    @Test func whatIsLeftOutComesFromTheProjectFile() throws {
        let project = """
            series: [3.3.10]
            variants: [trim]
            suites: [bookworm]
            architectures: [arm64]
            """
        let host = HostPlatform(suite: nil, architecture: .amd64)
        #expect(
            try cells([], project: project, host: host) == ["3.3.10@trim:bookworm/arm64"])
        #expect(
            try cells(["3.3@plain"], project: project, host: host)
                == ["3.3.8@plain:bookworm/arm64"])
        #expect(
            try cells(["3.3:trixie/amd64"], project: project, host: host)
                == ["3.3.8@trim:trixie/amd64"])
    }

    @Test(arguments: [
        ("4.0", "there is no series or release `4.0`", "known: 3.3, 3.10"),
        ("3.1", "there is no series or release `3.1`", "did you mean `3.10`? known: 3.3, 3.10"),
        ("ruby", "there is no series or release `ruby`", "known: 3.3, 3.10"),
        ("3.4.1", "there is no series or release `3.4.1`", "known: 3.3, 3.10"),
        (
            "3.3.9", "there is no release `3.3.9` in series 3.3",
            "did you mean `3.3.8`? known: 3.3.8, 3.3.10"
        ),
        ("3.3@trin", "there is no variant `trin`", "did you mean `trim`? known: plain, trim"),
        ("3.3@Trim", "there is no variant `Trim`", "did you mean `trim`? known: plain, trim"),
        (
            "3.3:bokworm", "there is no suite `bokworm`",
            "did you mean `bookworm`? known: bookworm, trixie"
        ),
        (
            "3.3:bookworm/x86_64", "there is no architecture `x86_64`", "known: amd64, arm64"
        ),
        (
            "3.10@trim", "variant `trim` has no patches in series 3.10",
            "series 3.10 can build: plain"
        ),
        (
            "3.3:trixie/arm64", "suite `trixie` is not built for arm64", "its architectures: amd64"
        ),
    ])
    func unknown(text: String, message: String, hint: String) {
        #expect(throws: Failure(.usage, message, hint: hint)) { try cells([text]) }
    }

    @Test func everyUnknownPartIsReportedOnce() {
        #expect(
            throws: Failure(
                .usage, "4 parts of the selection cannot be resolved",
                details: [
                    "there is no series or release `9.9`; known: 3.3, 3.10",
                    "there is no suite `sid`; known: bookworm, trixie",
                    "there is no architecture `mips`; known: amd64, arm64",
                    "there is no variant `zzz`; known: plain, trim",
                ])
        ) { try cells(["9.9@zzz:sid/mips", "3.3@zzz:sid"]) }
    }

    @Test func hostsThatAreNoSuite() {
        let hint = "name one, as in `3.3:bookworm`; known: bookworm, trixie"
        #expect(throws: Failure(.usage, "the suite of this host is not known", hint: hint)) {
            try cells(["3.3"], host: HostPlatform(suite: nil, architecture: .amd64))
        }
        #expect(
            throws: Failure(
                .usage, "this host runs `jammy`, for which there is no suite", hint: hint)
        ) { try cells(["3.3"], host: HostPlatform(suite: "jammy", architecture: .amd64)) }
    }

    @Test func seriesWithoutVerifiedRelease() throws {
        let catalog = try Fixture.good
            .replacing("verified: true", in: "Recipes/ruby/3.3.yaml", with: "verified: false")
            .catalog
        let hint = "add --allow-unverified to build 3.3.10 all the same"
        #expect(throws: Failure(.usage, "series 3.3 has no verified release", hint: hint)) {
            try catalog.cells(
                for: [Selection.parse("3.3")], project: .default, host: Self.host)
        }
    }

    @Test func anUnverifiedReleaseIsBuiltOnRequestOnly() throws {
        #expect(
            throws: Failure(
                .usage, "release 3.3.10 is not verified: its packages have not passed every check",
                hint: "add --allow-unverified to build it all the same")
        ) { try cells(["3.3.10@plain"], allowsUnverified: false) }
        #expect(try cells(["3.3.10@plain"]) == ["3.3.10@plain:bookworm/amd64"])
    }

    @Test func allMeansNoUnverifiedSeriesUnlessAllowed() throws {
        let catalog = try Fixture.good
            .replacing("verified: true", in: "Recipes/ruby/3.3.yaml", with: "verified: false")
            .catalog
        let selection = try Selection.parse("all@plain")
        func texts(_ allowed: Bool) throws -> [String] {
            try catalog.cells(
                for: [selection], project: .default, host: Self.host, allowsUnverified: allowed
            ).map { "\($0) \($0.standsForSeries)" }
        }
        #expect(try texts(false) == ["3.10.2@plain:bookworm/amd64 true"])
        #expect(
            try texts(true) == [
                "3.3.10@plain:bookworm/amd64 true", "3.10.2@plain:bookworm/amd64 true",
            ])
    }

    /// A cell's text selects that cell and no other.
    @Test func aCellsTextSelectsIt() throws {
        let all = try cells(["all@all:all/all"])
        for cell in all { #expect(try cells([cell]) == [cell]) }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func cellsAreUniqueAndDoNotDependOnOrder(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        func list(_ words: [String]) -> [String] {
            Array(
                words.shuffled(using: &generator).prefix(Int.random(in: 1...3, using: &generator)))
        }
        let parts: [[[String]]] = (0..<3).map { _ in
            [
                list(["3.3", "3.3.8", "3.3.10"]), list(["plain", "trim"]),
                list(["bookworm", "trixie"]),
            ]
        }
        func texts(_ arrange: ([String]) -> [String]) -> [String] {
            parts.map { part in
                let words = part.map { arrange($0).joined(separator: ",") }
                return "\(words[0])@\(words[1]):\(words[2])/amd64"
            }
        }
        let cells = try cells(texts { $0 })
        #expect(Set(cells).count == cells.count)
        #expect(try self.cells(texts { $0.reversed() }.reversed()) == cells)
        let single = try texts { $0 }.flatMap { try self.cells([$0]) }
        #expect(Set(single) == Set(cells))
    }
}
