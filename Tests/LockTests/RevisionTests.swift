import Digest
import Recipe
import Testing

@testable import Lock

/// When the revision of a release goes up, and when it stays.
@Suite struct RevisionTests {
    private func revision(of lock: ProjectLock) -> Int? {
        lock.release(LockFixture.version)?.revision
    }

    @Test func theRecipesRevisionIsTheFirst() throws {
        var fixture = try LockFixture()
        try fixture.edit("Recipes/ruby/3.3.yaml", "revision: 1", "revision: 3")
        #expect(revision(of: try fixture.lock()) == 3)
    }

    @Test func theRecipesRevisionIsTheLowest() throws {
        var fixture = try LockFixture()
        let lock = try fixture.lock()
        try fixture.edit("Recipes/ruby/3.3.yaml", "revision: 1", "revision: 3")
        #expect(revision(of: try fixture.lock(after: lock)) == 3)
    }

    @Test func theSameInputsKeepIt() throws {
        let fixture = try LockFixture()
        let lock = try fixture.lock()
        #expect(try fixture.lock(after: lock) == lock)
    }

    @Test(arguments: [
        ("Recipes/ruby/3.3.yaml", "- --enable-shared", "- --enable-shared\n  - --disable-rdoc"),
        ("Recipes/ruby/3.3.yaml", "build-from: debian", "build-from: upstream"),
        (
            "Recipes/ruby/3.3.yaml", "\npatches:\n",
            "\nsource-patches: Patches/ruby-3.3-allocator\npatches:\n"
        ),
        ("Recipes/variants/trim.yaml", "summary: ", "summary: once more "),
        ("Recipes/suites/bookworm.yaml", "-fstack-protector-strong", "-fstack-protector-all"),
        ("Recipes/steps/stage.rb", "\n", "\n\n"),
    ])
    func aChangedRecipeRaisesItByOne(path: String, old: String, new: String) throws {
        var fixture = try LockFixture()
        let lock = try fixture.lock()
        try fixture.edit(path, old, new)
        let next = try fixture.lock(after: lock)
        #expect(revision(of: next) == 2)
        #expect(revision(of: try fixture.lock(after: next)) == 2)
    }

    @Test func otherPackagesOfTheRootsRaiseIt() throws {
        var fixture = try LockFixture()
        let lock = try fixture.lock()
        fixture.members[0] = LockFixture.member("bash", isBase: true, version: "2")
        #expect(revision(of: try fixture.lock(after: lock)) == 2)
    }

    @Test func anotherAllocatorRaisesIt() throws {
        var fixture = try LockFixture()
        let lock = try fixture.lock()
        fixture.allocator = [LockFixture.member("libjemalloc2", isBase: false, version: "2")]
        #expect(revision(of: try fixture.lock(after: lock)) == 2)
    }

    @Test func otherPackagesForSmokeChecksKeepIt() throws {
        var fixture = try LockFixture()
        let lock = try fixture.lock()
        try fixture.edit(
            "Recipes/suites/bookworm.yaml", "  gdb: shows", "  strace: tells\n  gdb: shows")
        fixture.smoke = [LockFixture.member("strace", isBase: false)]
        let next = try fixture.lock(after: lock)
        #expect(next != lock)
        #expect(revision(of: next) == 1)
    }

    /// Nobody has a package that was made otherwise.
    @Test(arguments: [
        "3.3.8@plain,trim,jemalloc,tcmalloc:bookworm/amd64",
        "3.3.8@plain,trim,jemalloc:bookworm/amd64,arm64", "3.3.8@plain:bookworm/amd64",
        "3.3.8,3.4@plain,trim,jemalloc:bookworm/amd64",
    ])
    func anotherScopeKeepsIt(selection: String) throws {
        var fixture = try LockFixture()
        let lock = try fixture.lock()
        fixture.selection = selection
        #expect(revision(of: try fixture.lock(after: lock)) == 1)
    }

    @Test func anotherMirrorOfTheSameBytesKeepsIt() throws {
        var fixture = try LockFixture()
        let lock = try fixture.lock()
        try fixture.edit(
            "Recipes/ruby/3.3.yaml", "        urls:\n",
            "        urls:\n          - https://mirror.example/ruby-3.3.8.tar.gz\n")
        #expect(revision(of: try fixture.lock(after: lock)) == 1)
    }

    @Test func theHigherOfLockAndRepositoryCounts() throws {
        var fixture = try LockFixture()
        let lock = try fixture.lock()
        let version = LockFixture.version
        #expect(revision(of: try fixture.lock(after: lock, published: [version: 4])) == 4)
        try fixture.edit("Recipes/variants/trim.yaml", "summary: ", "summary: once more ")
        #expect(revision(of: try fixture.lock(after: lock, published: [version: 4])) == 5)
        #expect(revision(of: try fixture.lock(after: lock, published: [version: 0])) == 2)
        // What was published of inputs that no lock tells must not be published otherwise.
        #expect(revision(of: try fixture.lock(published: [version: 4])) == 5)
    }
}
