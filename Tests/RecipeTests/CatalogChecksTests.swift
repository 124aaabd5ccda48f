import Testing

@testable import Recipe

/// What one recipe says of another must hold; the problem stands at the key that says it.
@Suite struct CatalogChecksTests {
    private static let ruby = "Recipes/ruby/3.3.yaml"
    private static let trim = "Recipes/variants/trim.yaml"
    private static let smoke = "Recipes/smoke.yaml"
    private static let series = "Patches/ruby-3.3/series"
    private static let patch = "Patches/ruby-3.3/0001-trim.patch"
    private static let good = Fixture.good

    static let recipes: [(Fixture, [String])] = [
        (
            good.replacing("name: trixie", in: "Recipes/suites/trixie.yaml", with: "name: sid"),
            [
                "Recipes/suites/trixie.yaml:1:1: error: the recipe calls itself `sid`, its file "
                    + "`trixie`; name the file `Recipes/suites/sid.yaml`"
            ]
        ),
        (
            good.replacing("version: 3.3.10", in: ruby, with: "version: 3.3.8"),
            ["\(ruby):25:5: error: release 3.3.8 is listed twice"]
        ),
        (
            good.replacing("version: 3.3.10", in: ruby, with: "version: 3.4.10"),
            ["\(ruby):25:5: error: release 3.4.10 does not belong to series 3.3"]
        ),
        (
            good.replacing("build-from: upstream", in: ruby, with: "build-from: debian"),
            [
                "\(ruby):29:5: error: `build-from` is `debian`, which is not among the sources; "
                    + "add `debian` under `sources`"
            ]
        ),
        (
            good.replacing("  trim: P", in: ruby, with: "  trin: P"),
            [
                "\(ruby):6:3: error: there is no variant `trin`; did you mean `trim`? "
                    + "known: plain, trim",
                "\(trim):7:1: error: variant `trim` is derived by a patch, but no series has "
                    + "patches for it; add `trim` under `patches` of a series",
            ]
        ),
        (
            good.replacing("  trim: P", in: ruby, with: "  plain: Patches/ruby-3.3\n  trim: P"),
            [
                "\(ruby):6:3: error: variant `plain` takes no patches of its own; "
                    + "set `derive: patch` in its recipe"
            ]
        ),
        (
            good.replacing("smoke: [malloc-trim]", in: trim, with: "smoke: [malloc-trin]"),
            [
                "\(smoke):8:5: error: no variant names the extra check `malloc-trim`",
                "\(trim):10:9: error: there is no smoke check `malloc-trin`; "
                    + "did you mean `malloc-trim`? known: malloc-trim",
            ]
        ),
        (
            good.replacing("smoke: [", in: trim, with: "smoke: [version, "),
            ["\(trim):10:9: error: smoke check `version` runs for every variant anyhow"]
        ),
        (
            good.replacing("name: malloc-trim", in: smoke, with: "name: version"),
            ["\(smoke):8:5: error: check `version` is listed twice"]
        ),
        (
            good.replacing(
                "life: install\n", in: smoke, with: "life: install\n    tools: [make, lintian]\n"),
            ["bookworm", "trixie"].map {
                "\(smoke):5:5: error: suite `\($0)` has no package `lintian` for smoke checks; "
                    + "add it under `smoke-packages` of the suite"
            }
        ),
        (
            good.replacing("life: install", in: smoke, with: "life: purge"),
            [
                "\(smoke):2:5: error: the first check must be `life: install` for every variant: "
                    + "the others try what it installed"
            ]
        ),
        (
            good.with("Recipes/variants/tcmalloc.yml", ""),
            [
                "Recipes/variants/tcmalloc.yml:1:1: error: nothing reads this file; "
                    + "name it `tcmalloc.yaml`"
            ]
        ),
    ]

    static let patches: [(Fixture, [String])] = [
        (
            good.with(series, "# nothing\n"),
            [
                "\(patch):1:1: error: the patch is not in `\(series)`",
                "\(series):1:1: error: the series lists no patch",
            ]
        ),
        (
            good.with(series, "0001-trim.patch\n\n0002-gone.patch\n"),
            ["\(series):3:1: error: there is no patch `Patches/ruby-3.3/0002-gone.patch`"]
        ),
        (
            good.with(series, "0001-trim.patch -p0 -R\n"),
            [
                "\(series):1:1: error: patch option `-R` is not accepted; make the patch with -p1",
                "\(series):1:1: error: patch option `-p0` is not accepted; make the patch with -p1",
            ]
        ),
        (
            good.with(series, "0001-trim.patch\n../../etc/passwd\n/etc/passwd\n0001-trim.patch\n"),
            [
                "\(series):2:1: error: `../../etc/passwd` is not a path below the folder",
                "\(series):3:1: error: `/etc/passwd` is not a path below the folder",
                "\(series):4:1: error: patch `0001-trim.patch` is listed twice",
            ]
        ),
        (
            good.with(patch, "--- a/gc.c\n+++ b/gc.c\nDescription: late\nAuthor: late\n"),
            [
                "\(patch):1:1: error: the patch's DEP-3 header has no `Author:` or `From:` or "
                    + "`Origin:`; say in it what the patch does and where it comes from",
                "\(patch):1:1: error: the patch's DEP-3 header has no `Description:` or "
                    + "`Subject:`; say in it what the patch does and where it comes from",
            ]
        ),
        (good.with(patch, "From: a\nSubject: b\n\ndiff --git a/x b/x\n"), []),
        (good.with(patch, "origin: a\ndescription: b\n---\n"), []),
    ]

    @Test(arguments: recipes + patches)
    func refuses(fixture: Fixture, problems: [String]) {
        #expect(fixture.problems == problems)
    }

    @Test func aBrokenFileCausesNoProblemsElsewhere() {
        let broken = Self.good.with("Recipes/ruby/3.3.yaml", "series: [\n")
        #expect(broken.problems.allSatisfy { $0.hasPrefix("Recipes/ruby/3.3.yaml:") })
        let noVariant = Self.good.with(Self.trim, "name: [\n")
        #expect(noVariant.problems.allSatisfy { $0.hasPrefix(Self.trim) })
        let noSmoke = Self.good.with(Self.smoke, "checks: [\n")
        #expect(noSmoke.problems.allSatisfy { $0.hasPrefix(Self.smoke) })
    }
}
