import Digest
import Recipe
import Testing

@testable import Lock

/// What makes a lock stale, and what does not.
@Suite struct LockGapTests {
    @Test func aFreshLockLeavesNothingOpen() throws {
        let fixture = try LockFixture()
        let lock = try fixture.lock()
        #expect(try fixture.gaps(in: lock) == [])
        #expect(try lock.leftovers(in: fixture.catalog()) == [])
    }

    @Test(arguments: [
        (
            "Recipes/ruby/3.3.yaml", "- --enable-shared", "- --enable-shared\n  - --disable-rdoc",
            "`Recipes/ruby/3.3.yaml` changed what it says of 3.3.8"
        ),
        (
            "Recipes/ruby/3.3.yaml", "build-from: debian", "build-from: upstream",
            "`Recipes/ruby/3.3.yaml` changed what it says of 3.3.8"
        ),
        (
            "Recipes/ruby/3.3.yaml", "file: ruby3.3_3.3.8.orig.tar.xz",
            "file: ruby3.3_3.3.8+dfsg.orig.tar.xz",
            "`Recipes/ruby/3.3.yaml` changed what it says of 3.3.8"
        ),
        (
            "Recipes/variants/trim.yaml", "summary: ", "summary: once more ",
            "`Recipes/variants/trim.yaml` changed since it was pinned"
        ),
        (
            "Recipes/suites/bookworm.yaml", "-fstack-protector-strong", "-fstack-protector-all",
            "`Recipes/suites/bookworm.yaml` changed since it was pinned"
        ),
        (
            "Recipes/suites/bookworm.yaml", "  zstd: packs", "  bison: parses\n  zstd: packs",
            "`Recipes/suites/bookworm.yaml` asks for other packages of bookworm/amd64"
        ),
        (
            "Recipes/suites/bookworm.yaml", "  gdb: shows", "  strace: tells\n  gdb: shows",
            "`Recipes/suites/bookworm.yaml` asks for other packages for `smoke` of bookworm/amd64"
        ),
        (
            "Recipes/variants/jemalloc.yaml", "[libjemalloc-dev]", "[libjemalloc-dev, make]",
            "`Recipes/variants/jemalloc.yaml` asks for other packages for `variant-jemalloc` of"
                + " bookworm/amd64"
        ),
        (
            "Recipes/steps/stage.rb", "\n", "\n\n",
            "`Recipes/steps/stage.rb` changed since it was pinned"
        ),
        (
            "Patches/ruby-3.3/0001-malloc-trim-after-major-gc.patch", "Description: ",
            "Description: well, ", "`Patches/ruby-3.3` changed since it was pinned"
        ),
    ])
    func aChangedRecipeIsNamed(path: String, old: String, new: String, sentence: String) throws {
        var fixture = try LockFixture()
        let lock = try fixture.lock()
        try fixture.edit(path, old, new)
        let gaps = try fixture.gaps(in: lock)
        #expect(gaps.contains(sentence), "\(gaps)")
    }

    @Test(arguments: [
        ("Recipes/ruby/3.3.yaml", "verified: true", "verified: false"),
        ("Recipes/ruby/3.3.yaml", "# Ruby 3.3", "# The Ruby 3.3"),
        ("Recipes/ruby/3.3.yaml", "revision: 1", "revision: 4"),
        ("Recipes/ruby/3.4.yaml", "- --enable-shared", "- --enable-shared\n  - --disable-rdoc"),
        ("Recipes/suites/bookworm.yaml", "compiles Ruby and", "compiles all of Ruby and"),
        ("Recipes/smoke/zlib.rb", "\n", "\n\n"),
        ("Recipes/gates.yaml", "at-least: 4", "at-least: 5"),
        ("Recipes/workloads/w1_rotate.rb", "CYCLES = 3", "CYCLES = 4"),
    ])
    func whatShapesNoPackageLeavesTheLockAsItIs(path: String, old: String, new: String) throws {
        var fixture = try LockFixture()
        let lock = try fixture.lock()
        try fixture.edit(path, old, new)
        #expect(try fixture.gaps(in: lock) == [])
    }

    @Test func whatWasNeverPinnedIsNamed() throws {
        var fixture = try LockFixture()
        let lock = try fixture.lock()
        fixture.selection = "3.3.8,3.4@trim,tcmalloc:bookworm/arm64"
        let gaps = try fixture.gaps(in: lock)
        #expect(gaps.contains("release 3.4.5 is not pinned"))
        #expect(gaps.contains("`Recipes/variants/tcmalloc.yaml` is not pinned"))
        #expect(gaps.contains("the packages of bookworm/arm64 are not pinned"))
        #expect(!gaps.contains("release 3.3.8 is not pinned"))
    }

    /// A platform may be there, and lack what one variant needs.
    @Test func aPlatformWithoutAWantedAdditionHasNoPackageSet() throws {
        var fixture = try LockFixture()
        let lock = try fixture.lock()
        fixture.selection = "3.3.8@plain,tcmalloc:bookworm/amd64"
        let scope = try fixture.scope()
        #expect(
            try fixture.gaps(in: lock).contains(
                "the packages for `variant-tcmalloc` of bookworm/amd64 are not pinned"))
        #expect(lock.packageSet(of: scope.platforms[0], variants: scope.variants) == nil)
        let plain = scope.variants.filter { $0.name == "plain" }
        let set = try #require(lock.packageSet(of: scope.platforms[0], variants: plain))
        #expect(set.members.map(\.package) == ["bash", "gcc-12"])
        #expect(set.additions.map(\.name) == ["smoke", "verify"])
    }

    @Test func whatNoRecipeHasAnyMoreIsNamed() throws {
        var fixture = try LockFixture()
        fixture.selection = "3.3.8,3.4@plain,mimalloc:bookworm/amd64"
        let lock = try fixture.lock()
        fixture.files.removeAll { $0.path == "Recipes/variants/mimalloc.yaml" }
        fixture.files.removeAll { $0.path == "Recipes/ruby/3.4.yaml" }
        // It has limits of both.
        fixture.files.removeAll { $0.path == "Recipes/gates.yaml" }
        let gone = try lock.leftovers(in: fixture.catalog()).map(\.description)
        #expect(gone.contains("release 3.4.5 is pinned, and no recipe has it"))
        #expect(gone.contains("`Recipes/variants/mimalloc.yaml` is pinned, and is not there"))
    }

    @Test func aPinnedCellHasTheLocksRevisionAndSource() throws {
        var fixture = try LockFixture()
        let first = try fixture.lock()
        fixture.members[1] = LockFixture.member("gcc-12", isBase: false, version: "1:2-4")
        let lock = try fixture.lock(after: first)
        let cell = try #require(
            try fixture.catalog().cells(
                for: [Selection.parse(fixture.selection)], project: .default,
                host: HostPlatform(suite: nil, architecture: .amd64)
            ).first)
        #expect(cell.release.revision == 1)
        let pinned = lock.pinned(cell)
        #expect(pinned.release.revision == 2)
        #expect(pinned.release.source == cell.release.source)
        #expect(pinned.standsForSeries == cell.standsForSeries)
    }
}
