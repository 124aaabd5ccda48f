import Testing

@testable import Recipe

@Suite struct ProjectTests {
    private func project(_ text: String) throws -> Project {
        try Fixture.good.with("lapidary.yaml", text).catalog.project
    }

    private func problems(_ text: String) -> [String] {
        Fixture.good.with("lapidary.yaml", text).problems
    }

    @Test func everyKeyIsOptional() throws {
        let project = try project("{}\n")
        #expect(project == .default)
        #expect(project.vendor == "lapidary")
        #expect(project.maintainer == "Lapidary maintainers <lapidary@localhost>")
        #expect(project.repository == "repository")
        #expect(project.homepage == nil)
        #expect(project.series == nil)
    }

    @Test func everyKeyIsRead() throws {
        let project = try project(
            """
            series: [3.3.8, 3.10]
            variants: [trim]
            suites: [bookworm]
            architectures: [arm64]
            vendor: acme
            maintainer: A B. Cee <a@acme.example>
            homepage: https://acme.example/rubies
            repository: public/apt
            """)
        #expect(project.series == ["3.3.8", "3.10"])
        #expect(project.variants == ["trim"])
        #expect(project.suites == ["bookworm"])
        #expect(project.architectures == [.arm64])
        #expect(project.vendor == "acme")
        #expect(project.maintainer == "A B. Cee <a@acme.example>")
        #expect(project.homepage == "https://acme.example/rubies")
        #expect(project.repository == "public/apt")
    }

    @Test(arguments: [
        (
            "series: [3.4, 3.3.9, 3.10]\n",
            [
                "1:10: error: there is no series or release `3.4`; did you mean `3.3`? "
                    + "known: 3.3, 3.10, 3.3.8, 3.3.10, 3.10.2",
                "1:15: error: there is no series or release `3.3.9`; did you mean `3.3.8`? "
                    + "known: 3.3, 3.10, 3.3.8, 3.3.10, 3.10.2",
            ]
        ),
        (
            "variants: [trin]\nsuites: [bokworm]\n",
            [
                "1:12: error: there is no variant `trin`; did you mean `trim`? known: plain, trim",
                "2:10: error: there is no suite `bokworm`; did you mean `bookworm`? "
                    + "known: bookworm, trixie",
            ]
        ),
        ("variants: []\n", ["1:11: error: `variants` must have an entry"]),
        (
            "vendr: acme\n",
            [
                "1:1: error: unknown key `vendr` in the project file; did you mean `vendor`? "
                    + "known: series, variants, suites, architectures, vendor, maintainer, "
                    + "homepage, repository"
            ]
        ),
        (
            "repository: /srv/apt\n",
            [
                "1:13: error: `repository` must be a path below the project's root, "
                    + "not `/srv/apt`"
            ]
        ),
        (
            "maintainer: me\n",
            ["1:13: error: `maintainer` must be like `Name <mail@host>`, not `me`"]
        ),
        (
            "homepage: ftp://x\n",
            ["1:11: error: `homepage` must be an https:// address, not `ftp://x`"]
        ),
    ])
    func refuses(text: String, expected: [String]) {
        #expect(problems(text) == expected.map { "lapidary.yaml:\($0)" })
    }
}
