import Testing

@testable import Recipe

/// One thing spoilt in one file gives exactly the problems that a person needs.
@Suite struct DecodingTests {
    struct Spoilt: Sendable, CustomTestStringConvertible {
        let file: String
        let old: String
        let new: String
        let problems: [String]

        init(_ file: String, _ old: String, _ new: String, _ problems: String...) {
            self.file = file
            self.old = old
            self.new = new
            self.problems = problems
        }

        var testDescription: String { "\(file): \(new.debugDescription)" }
    }

    private static let ruby = "Recipes/ruby/3.3.yaml"
    private static let variant = "Recipes/variants/trim.yaml"
    private static let suite = "Recipes/suites/trixie.yaml"
    private static let smoke = "Recipes/smoke.yaml"
    private static let name = "a name of a-z, 0-9, `.`, `+` and `-` (no `..`, at most 60)"

    static let keys: [Spoilt] = [
        Spoilt(
            ruby, "    revision: 1\n", "    revison: 1\n",
            "8:5: error: missing key `revision` in a release",
            "10:5: error: unknown key `revison` in a release; did you mean `revision`? "
                + "known: build-from, sources, version, date, revision, verified"),
        Spoilt(
            ruby, "end-of-life: 2027-03-31\n", "",
            "1:1: error: missing key `end-of-life` in a series"),
        Spoilt(
            ruby, "date: 2025-04-09\n", "date: 2025-04-09\n    date: 2025-04-09\n",
            "10:5: error: duplicate key `date`; it stands on line 9 already"),
        Spoilt(
            ruby, "      debian:\n", "      debain:\n",
            "12:5: error: `build-from` is `debian`, which is not among the sources; "
                + "add `debian` under `sources`",
            "18:7: error: unknown key `debain` in sources; did you mean `debian`? "
                + "known: upstream, debian"),
        Spoilt(
            ruby, "        sha256: \(Fixture.zeros)\n", "",
            "15:9: error: missing key `sha256` in an upstream source"),
        Spoilt(
            variant, "derive: patch\n", "derive: patch\nRUBY: x\n",
            "8:1: error: unknown key `RUBY` in a variant; "
                + "known: derive, allocator, name, summary, description, malloc-trim, depends, smoke"
        ),
        Spoilt(
            suite, "cflags:", "clfags:",
            "18:3: error: unknown key `clfags` in flags; did you mean `cflags`? "
                + "known: cflags, cppflags, ldflags"),
        Spoilt(
            smoke, "    extra: true\n", "    extra: true\n    extras: true\n",
            "12:5: error: unknown key `extras` in a check; did you mean `extra`? "
                + "known: name, reason, life, script, extra, tools, debug-symbols, release-only"),
    ]

    static let shapes: [Spoilt] = [
        Spoilt(
            ruby, "configure:\n  - --enable-shared\n", "configure: --enable-shared\n",
            "3:12: error: `configure` must be a list, not `--enable-shared`"),
        Spoilt(
            ruby, "configure:\n  - --enable-shared\n", "configure: []\n",
            "3:12: error: `configure` must have an entry"),
        Spoilt(
            ruby, "  - --enable-shared\n", "  - [--enable-shared]\n",
            "4:5: error: an entry of `configure` must be text on one line, not a list"),
        Spoilt(
            ruby, "patches:\n  trim: Patches/ruby-3.3\n", "patches: [trim]\n",
            "5:10: error: `patches` must be a mapping, not a list"),
        Spoilt(
            ruby, "series: 3.3\n", "series: {is: 3.3}\n",
            "1:9: error: `series` must be a series such as 3.3, not a mapping"),
        Spoilt(
            variant, "smoke: [malloc-trim]\n", "smoke: [malloc-trim, malloc-trim]\n",
            "10:22: error: `smoke` names `malloc-trim` twice"),
        Spoilt(
            variant, "summary: trims\n", "summary:\n",
            "2:9: error: `summary` must be text on one line, not empty"),
        Spoilt(
            variant, "summary: trims\n", "summary: \"two\\nlines\"\n",
            "2:10: error: `summary` must be text on one line, not `two…`"),
        Spoilt(variant, Fixture.trim, "[]\n", "1:1: error: the file must be a mapping, not a list"),
        Spoilt(
            variant, Fixture.trim, "a: [\n",
            "2:1: error: malformed YAML: did not find expected node content while parsing a flow node"
        ),
    ]

    static let scalars: [Spoilt] = [
        Spoilt(
            ruby, "series: 3.3\n", "series: 3.03\n",
            "1:9: error: `series` must be a series such as 3.3, not `3.03`"),
        Spoilt(
            ruby, "version: 3.3.8\n", "version: 3.3.8-rc1\n",
            "8:14: error: `version` must be a release such as 3.3.8, not `3.3.8-rc1`"),
        Spoilt(
            ruby, "date: 2025-04-09", "date: 2025-02-29",
            "9:11: error: `date` must be a date such as 2025-04-09, not `2025-02-29`"),
        Spoilt(
            ruby, "revision: 1", "revision: 0",
            "10:15: error: `revision` must be a whole number from 1, not `0`"),
        Spoilt(
            ruby, "revision: 1", "revision: one",
            "10:15: error: `revision` must be a whole number from 1, not `one`"),
        Spoilt(
            ruby, "size: 22197497", "size: 99999999999999999999",
            "17:15: error: `size` must be a whole number from 1, not `99999999999999999999`"),
        Spoilt(
            ruby, "verified: true", "verified: yes",
            "11:15: error: `verified` must be `true` or `false`, not `yes`"),
        Spoilt(
            ruby, "build-from: debian", "build-from: debain",
            "12:17: error: `build-from` cannot be `debain`; did you mean `debian`? "
                + "known: upstream, debian"),
        Spoilt(
            ruby, "sha256: 0", "sha256: 1F",
            "16:17: error: `sha256` must be 64 lowercase hexadecimal digits, not `1F"
                + String(repeating: "0", count: 58) + "…`"),
        Spoilt(
            ruby, "[https://ruby.example", "[http://ruby.example",
            "15:16: error: an entry of `urls` must be an https:// address, "
                + "not `http://ruby.example/ruby-3.3.8.tar.gz`"),
        Spoilt(
            ruby, "file: ruby3.3_", "file: ../ruby3.3_",
            "22:15: error: `file` must be a file name without folders, "
                + "not `../ruby3.3_3.3.8.orig.tar.xz`"),
        Spoilt(
            ruby, "trim: Patches/ruby-3.3", "trim: Patches/../../etc",
            "6:9: error: `trim` of `patches` must be a path below the project's root, "
                + "not `Patches/../../etc`"),
        Spoilt(
            suite, "[amd64]", "[amd46]",
            "5:17: error: an entry of `architectures` cannot be `amd46`; did you mean `amd64`? "
                + "known: amd64, arm64"),
        Spoilt(
            suite, "  make: runs", "  make it: runs",
            "13:3: error: a key of `build-packages` must be \(name), not `make it`"),
        Spoilt(
            variant, "libc6 (>= 2.36)", "libc6 >= 2.36",
            "9:11: error: an entry of `depends` must be a package such as `libc6` or "
                + "`libc6 (>= 2.36)`, not `libc6 >= 2.36`"),
        Spoilt(
            smoke, "script: Recipes", "script: /Recipes",
            "7:13: error: `script` must be a path below the project's root, "
                + "not `/Recipes/smoke/version.rb`"),
        Spoilt(
            smoke, "life: install", "life: instal",
            "4:11: error: `life` cannot be `instal`; did you mean `install`? "
                + "known: \(PackageEvent.allCases.map(\.rawValue).joined(separator: ", "))"),
        Spoilt(
            smoke, "    script: Recipes/smoke/version.rb\n",
            "    script: Recipes/smoke/version.rb\n    life: purge\n",
            "7:5: error: a check has either `script` or `life`, not both"),
        Spoilt(
            smoke, "    script: Recipes/smoke/version.rb\n", "",
            "5:5: error: missing key `script` in a check"),
    ]

    @Test(arguments: keys + shapes + scalars)
    func refuses(_ spoilt: Spoilt) {
        let fixture = Fixture.good.replacing(spoilt.old, in: spoilt.file, with: spoilt.new)
        #expect(fixture.problems == spoilt.problems.map { "\(spoilt.file):\($0)" })
    }

    @Test(arguments: ["a/b", "..", "a..b", "A", "a b", "-a", ".a", "a_b", "é", "a\\b"])
    func namesThatNeverBecomePaths(word: String) {
        let file = "Recipes/suites/trixie.yaml"
        let fixture = Fixture.good.replacing("name: trixie", in: file, with: "name: '\(word)'")
        #expect(
            fixture.problems == [
                "\(file):1:7: error: `name` must be \(Self.name), not `\(word)`"
            ])
    }

    /// A word that cannot be read hides no problem beside it, and causes none.
    @Test func neighboursAreStillChecked() {
        let fixture = Fixture.good
            .with("lapidary.yaml", "variants: [B, trin]\nseries: [[], 3.9]\n")
            .replacing("smoke: [", in: Self.variant, with: "smoke: [{}, version, ")
        let places = fixture.problems.map { $0.prefix { $0 != " " } }
        #expect(
            places == [
                "\(Self.variant):10:9:", "\(Self.variant):10:13:",
                "lapidary.yaml:1:12:", "lapidary.yaml:1:15:",
                "lapidary.yaml:2:10:", "lapidary.yaml:2:14:",
            ])
    }

    @Test func allProblemsOfAllFilesAreCollected() {
        let fixture = Fixture.good
            .replacing("verified: true", in: Self.ruby, with: "verified: 1")
            .replacing("size: 14507672", in: Self.ruby, with: "size: big")
            .replacing("derive: patch", in: Self.variant, with: "derive: pitch")
            .with(Self.suite, "name: [\n")
        let places = fixture.problems.map { $0.prefix { $0 != " " } }
        #expect(
            places == [
                "\(Self.ruby):11:15:", "\(Self.ruby):24:15:", "\(Self.suite):2:1:",
                "\(Self.variant):7:9:",
            ])
    }
}
