import Digest
import Recipe
import Testing

@testable import Lock

/// What is said of two locks that differ.
@Suite struct LockMoveTests {
    @Test func theSameLockHasNotMoved() throws {
        let lock = try LockFixture().lock()
        #expect(lock.moves(from: lock) == [])
    }

    @Test func everythingIsNewWithoutAnOlderLock() throws {
        let moves = try LockFixture().lock().moves(from: nil)
        #expect(moves.allSatisfy { $0.before == nil && $0.after != nil })
        #expect(
            moves.contains(
                LockMove(kind: .release, name: "3.3.8", before: nil, after: "revision 1")))
    }

    @Test func eachMoveIsNamed() throws {
        var fixture = try LockFixture()
        let old = try fixture.lock()
        fixture.members = [
            LockFixture.member("bash", isBase: true, version: "2"),
            LockFixture.member("gcc-13", isBase: false),
        ]
        try fixture.edit("Recipes/ruby/3.3.yaml", "build-from: debian", "build-from: upstream")
        let moves = try fixture.lock(after: old).moves(from: old)
        #expect(
            moves.filter { $0.kind != .recipe } == [
                LockMove(
                    kind: .package, name: "bookworm/amd64 gcc-12", before: "1:2-3", after: nil),
                LockMove(
                    kind: .release, name: "3.3.8", before: "revision 1", after: "revision 2"),
                LockMove(
                    kind: .source, name: "3.3.8", before: "debian ruby3.3_3.3.8.orig.tar.xz",
                    after: "upstream ruby-3.3.8.tar.gz"),
                LockMove(
                    kind: .package, name: "bookworm/amd64 bash", before: "1:2-3", after: "2"),
                LockMove(
                    kind: .package, name: "bookworm/amd64 gcc-13", before: nil, after: "1:2-3"),
            ])
    }

    /// The same version with other bytes must not look as if nothing happened.
    @Test func otherBytesUnderTheSameVersionShowTheirDigests() throws {
        var fixture = try LockFixture()
        let old = try fixture.lock()
        fixture.members[0] = PackageSet.Member(
            package: "bash", version: "1:2-3", architecture: "amd64",
            sha256: SHA256Digest(of: "other"), size: 10, isBase: true,
            poolPath: fixture.members[0].poolPath, stanza: "")
        let move = try #require(
            fixture.lock(after: old).moves(from: old).first { $0.kind == .package })
        #expect(move.before == "1:2-3 (\(SHA256Digest(of: "bash 1:2-3").hex.prefix(12)))")
        #expect(move.after == "1:2-3 (\(SHA256Digest(of: "other").hex.prefix(12)))")
    }
}
