import Diagnostics
import Digest
import Recipe
import Testing

@testable import Lock

/// Upstream's list of releases against the recipes.
@Suite struct ReleaseIndexTests {
    private static let head = "name\turl\tsha1\tsha256\tsha512\n"

    private func line(_ version: String, _ ending: String, sha256: String? = nil) -> String {
        let series = version.split(separator: ".").prefix(2).joined(separator: ".")
        let digest = sha256 ?? SHA256Digest(of: version + ending).hex
        let url = "https://cache.ruby-lang.org/pub/ruby/\(series)/ruby-\(version).\(ending)"
        return "ruby-\(version)\t\(url)\t\(digest.prefix(40))\t\(digest)\t\(digest)\(digest)\n"
    }

    private func known(_ fixture: LockFixture) throws -> String {
        let release = try #require(try fixture.catalog().series[2].release(LockFixture.version))
        return try #require(release.upstream).sha256.hex
    }

    private func news(_ lines: [String], _ fixture: LockFixture, lock: ProjectLock? = nil) throws
        -> ReleaseIndex.News
    {
        let index = try ReleaseIndex(parsing: Self.head + lines.joined(), source: "the list")
        return try index.news(of: [fixture.catalog().series[2]], lock: lock)
    }

    @Test func aReleaseThatAppearsIsTold() throws {
        let fixture = try LockFixture()
        let news = try news(
            [
                line("3.3.8", "tar.gz", sha256: known(fixture)), line("3.3.7", "tar.gz"),
                line("3.3.9", "zip"), line("3.3.9", "tar.gz"), line("3.3.9", "tar.xz"),
                line("3.3.10", "tar.gz"), line("3.5.0", "tar.gz"),
                line("3.3.11", "zip"), line("3.3.12-rc1", "tar.gz"),
            ], fixture)
        #expect(news.appeared.map(\.version.description) == ["3.3.9", "3.3.10"])
        #expect(news.appeared[0].fileName == "ruby-3.3.9.tar.xz")
        #expect(news.withdrawn == [])
    }

    /// The lines can be put into the recipe as they are.
    @Test func theLinesForTheRecipeAreOnesThatItTakes() throws {
        var fixture = try LockFixture()
        let news = try news(
            [line("3.3.8", "tar.gz", sha256: known(fixture)), line("3.3.9", "tar.gz")], fixture)
        let lines = try #require(news.appeared.first).recipeLines(size: 123, date: "2025-07-24")
        try fixture.edit("Recipes/ruby/3.3.yaml", "releases:\n", "releases:\n" + lines)
        let release = try #require(try fixture.catalog().series[2].releases.last)
        #expect(release.version.description == "3.3.9")
        #expect(release.source.size == 123)
        #expect(!release.verified)
    }

    @Test func aReleaseThatIsWithdrawnIsTold() throws {
        let fixture = try LockFixture()
        #expect(
            try news([line("3.3.7", "tar.gz")], fixture).withdrawn == [LockFixture.version])
    }

    @Test func aChangedDigestIsRefused() throws {
        let fixture = try LockFixture()
        let failure = try #require(throws: Failure.self) {
            try news([line("3.3.8", "tar.gz"), line("3.3.9", "tar.gz")], fixture)
        }
        #expect(failure.kind == .integrity)
        #expect(failure.details.count == 1)
        #expect(
            failure.details[0].hasPrefix(
                "ruby-3.3.8.tar.gz: the recipe has sha256 \(try known(fixture)), the list "))
    }

    /// Whoever changes recipe and list together is found out by the lock.
    @Test func aDigestThatOnlyTheLockKnowsCounts() throws {
        var fixture = try LockFixture()
        try fixture.edit("Recipes/ruby/3.3.yaml", "build-from: debian", "build-from: upstream")
        let lock = try fixture.lock()
        let other = SHA256Digest(of: "other").hex
        try fixture.edit("Recipes/ruby/3.3.yaml", known(fixture), other)
        let failure = try #require(throws: Failure.self) {
            try news([line("3.3.8", "tar.gz", sha256: other)], fixture, lock: lock)
        }
        #expect(failure.kind == .integrity)
        #expect(failure.details[0].contains("the lock has sha256 "))
    }

    @Test(arguments: [
        "<html>", "ruby-3.3.8\thttps://a/b\tc\td", "ruby-3.3.8\thttps://a\t1\t2\t3", "",
    ])
    func aTextThatIsNoListIsRefused(text: String) throws {
        let failure = try #require(throws: Failure.self) {
            try ReleaseIndex(parsing: text, source: "https://example.org/index.txt")
        }
        #expect(failure.kind == .environment)
        #expect(failure.message.contains("https://example.org/index.txt"))
    }
}
