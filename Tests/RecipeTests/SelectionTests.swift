import Diagnostics
import Testing

@testable import Recipe

@Suite struct SelectionTests {
    @Test(
        arguments: [
            ("3.3", ["3.3"], nil, nil, nil),
            ("3.3.8@trim", ["3.3.8"], ["trim"], nil, nil),
            ("3.3:bookworm", ["3.3"], nil, ["bookworm"], nil),
            (
                "3.3,3.4@all:bookworm,trixie/amd64", ["3.3", "3.4"], [], ["bookworm", "trixie"],
                ["amd64"]
            ),
            ("all@all:all/all", [], [], [], []),
            ("all", [], nil, nil, nil),
            (
                "3.3@plain,trim:all/amd64,arm64", ["3.3"], ["plain", "trim"], [],
                ["amd64", "arm64"]
            ),
        ] as [(String, [String], [String]?, [String]?, [String]?)])
    func parts(
        text: String, rubies: [String], variants: [String]?, suites: [String]?,
        architectures: [String]?
    ) throws {
        // An empty list stands for `all` in the table.
        func part(_ words: [String]?) -> Selection.Part? {
            words.map { $0.isEmpty ? .all : .words($0) }
        }
        let selection = try Selection.parse(text)
        #expect(selection.rubies == part(rubies))
        #expect(selection.variants == part(variants))
        #expect(selection.suites == part(suites))
        #expect(selection.architectures == part(architectures))
        #expect(selection.description == text)
    }

    @Test(arguments: [
        ("", "it has an empty series or release"),
        ("@trim", "it has an empty series or release"),
        (":bookworm", "it has an empty series or release"),
        ("3.3,", "it has an empty series or release"),
        (",3.3", "it has an empty series or release"),
        ("3.3@", "it has an empty variant"),
        ("3.3@trim,,plain", "it has an empty variant"),
        ("3.3:", "it has an empty suite"),
        ("3.3:bookworm/", "it has an empty architecture"),
        ("3.3/amd64", "`/` follows a suite, and there is none"),
        ("3.3@trim/amd64", "`/` follows a suite, and there is none"),
        ("3.3:/amd64", "it has an empty suite"),
        ("all,3.3", "`all` stands alone"),
        ("3.3@trim,all", "`all` stands alone"),
        ("3.3@trim@plain", "`@` stands twice or out of order in the variant"),
        ("3.3:bookworm@trim", "`@` stands twice or out of order in the suite"),
        ("3.3:a:b", "`:` stands twice or out of order in the suite"),
        ("3.3:a/b/c", "`/` stands twice or out of order in the architecture"),
        ("3.3 @trim", "no series or release can be called `3.3 `"),
        ("3.3@../trim", "no variant can be called `..`"),
        ("3.3@..", "no variant can be called `..`"),
        ("--all", "no series or release can be called `--all`"),
        ("3.3\n", "no series or release can be called `3.3\n`"),
        ("3.3@trím", "no variant can be called `trím`"),
    ])
    func malformed(text: String, problem: String) {
        let failure = Failure(
            .usage, "malformed selection `\(text)`: \(problem)",
            hint: "a selection is SERIES|RELEASE[@VARIANT][:SUITE[/ARCH]], "
                + "each part a comma list or `all`")
        #expect(throws: failure) { try Selection.parse(text) }
    }

    @Test(arguments: 0..<500 as Range<UInt64>)
    func whatIsAcceptedPrintsAsItWasWritten(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = ["3.3", "3.3.8", "all", "trim", "@", ":", "/", ",", " ", "..", "-"]
        let text = (0..<Int.random(in: 0...8, using: &generator))
            .compactMap { _ in alphabet.randomElement(using: &generator) }.joined()
        guard let selection = try? Selection.parse(text) else { return }
        #expect(selection.description == text)
    }
}
