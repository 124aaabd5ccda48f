import Diagnostics
import Digest
import Testing

@testable import Recipe

@Suite struct CatalogTests {
    @Test func theFixtureIsGood() throws {
        #expect(Fixture.good.problems == [])
        let catalog = try Fixture.good.catalog
        #expect(catalog.series.map { "\($0.series)" } == ["3.3", "3.10"])
        #expect(catalog.variants.map(\.name) == ["plain", "trim"])
        #expect(catalog.suites.map(\.name) == ["bookworm", "trixie"])
        #expect(catalog.smoke.checks.map(\.name) == ["install", "version", "malloc-trim"])
        #expect(catalog.project == .default)
        #expect(catalog.file("Recipes/smoke/version.rb")?.name == "version.rb")
        #expect(catalog.file("Recipes/smoke/none.rb") == nil)
    }

    @Test func valuesArriveAsWritten() throws {
        let catalog = try Fixture.good.catalog
        let series = try #require(catalog.series(RubySeriesNumber(major: 3, minor: 3)))
        #expect(series.releases.map { "\($0.version)" } == ["3.3.8", "3.3.10"])
        #expect(series.newestVerified?.version == RubyVersion("3.3.8"))
        let release = try #require(series.release(RubyVersion(major: 3, minor: 3, patch: 8)))
        #expect(release.sourceDateEpoch == 1_744_156_800)
        #expect(release.source.fileName == "ruby3.3_3.3.8.orig.tar.xz")
        #expect(release.source.size == 14_507_672)
        #expect(release.source.sha256 == SHA256Digest(hex: Fixture.zeros))
        #expect(release.upstream?.urls == ["https://ruby.example/ruby-3.3.8.tar.gz"])
        #expect(series.releases.last?.source.fileName == "ruby-3.3.10.tar.gz")
        let trim = try #require(catalog.variant("trim"))
        #expect(trim.description == "One.\n\nTwo.\n")
        #expect(trim.depends == ["libc6 (>= 2.36)"])
        let bookworm = try #require(catalog.suite("bookworm"))
        #expect(bookworm.buildPackages.map(\.name) == ["make", "gcc"])
        #expect(bookworm.archives.map(\.security) == [false, true])
        #expect(bookworm.flags.cppflags == [])
        #expect(bookworm.baseSuiteVersion == "12")
    }

    @Test func patchesComeInTheOrderOfTheSeriesFile() throws {
        let fixture = Fixture.good
            .with("Patches/ruby-3.3/0000-later.patch", Fixture.patch)
            .with(
                "Patches/ruby-3.3/series",
                "# order matters\n\n0001-trim.patch -p1 # first\n\t0000-later.patch\r\n")
        let catalog = try fixture.catalog
        let series = try #require(catalog.series(RubySeriesNumber(major: 3, minor: 3)))
        let trim = try #require(catalog.variant("trim"))
        let plain = try #require(catalog.variant("plain"))
        #expect(
            catalog.patches(series: series, variant: trim).map(\.name)
                == ["0001-trim.patch", "0000-later.patch"])
        #expect(catalog.patches(series: series, variant: plain) == [])
        #expect(series.canBuild(trim))
        let newer = try #require(catalog.series(RubySeriesNumber(major: 3, minor: 10)))
        #expect(!newer.canBuild(trim))
        #expect(catalog.patches(series: newer, variant: trim) == [])
    }

    @Test func extraChecksRunOnlyWhereNamed() throws {
        let catalog = try Fixture.good.catalog
        let names = catalog.variants.map { catalog.smoke.checks(for: $0).map(\.name) }
        #expect(names == [["install", "version"], ["install", "version", "malloc-trim"]])
    }

    @Test func loadThrowsEveryProblem() {
        let fixture = Fixture.good.with("Recipes/smoke/version.rb", nil)
            .with("Patches/ruby-3.3/series", nil)
        #expect(
            throws: Failure(
                .usage, "the recipes have 2 problems",
                details: [
                    "Recipes/ruby/3.3.yaml:6:3: error: there is no file `Patches/ruby-3.3/series`; "
                        + "list the patches there, one a line",
                    "Recipes/smoke.yaml:7:5: error: there is no script `Recipes/smoke/version.rb`",
                ])
        ) { try fixture.catalog }
    }

    @Test func nothingAtAll() {
        #expect(
            Catalog.lint(files: []).map(\.description) == [
                "Recipes/ruby:1:1: error: there is no recipe in `Recipes/ruby`",
                "Recipes/smoke.yaml:1:1: error: there is no file `Recipes/smoke.yaml`",
                "Recipes/suites:1:1: error: there is no recipe in `Recipes/suites`",
                "Recipes/variants:1:1: error: there is no recipe in `Recipes/variants`",
            ])
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func theOrderOfFilesDoesNotMatter(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let fixture = Fixture.good.replacing(
            "revision: 1", in: "Recipes/ruby/3.3.yaml", with: "revision: x")
        let shuffled = fixture.files.shuffled(using: &generator)
        #expect(Catalog.lint(files: shuffled) == Catalog.lint(files: fixture.files))
        let catalog = try Catalog.load(files: Fixture.good.files.shuffled(using: &generator))
        #expect(try catalog.series == Fixture.good.catalog.series)
        #expect(try catalog.variants == Fixture.good.catalog.variants)
    }

    /// Whatever one byte is made of, reading ends, with a catalog or with problems in place.
    @Test(arguments: 0..<300 as Range<UInt64>)
    func spoiltBytesAreNeverFatal(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var files = Fixture.good.files
        let index = Int.random(in: files.indices, using: &generator)
        var bytes = files[index].bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: bytes.indices, using: &generator)
            let noise = Array("&*[]{}:,#|>-?!%@`'\"\n\t \0\u{E000}a1".utf8)
            bytes[place] = noise.randomElement(using: &generator) ?? 0
        }
        files[index] = ProjectFile(path: files[index].path, bytes: bytes)
        let problems = Catalog.lint(files: files)
        #expect(problems.allSatisfy { $0.location.line > 0 && $0.location.column > 0 })
        if problems.isEmpty { _ = try Catalog.load(files: files) }
    }
}
