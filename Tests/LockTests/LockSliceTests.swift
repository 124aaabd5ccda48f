import Digest
import Recipe
import Testing

@testable import Lock

/// A package's evidence names the part of the lock that shapes it.
@Suite struct LockSliceTests {
    private func digests(_ change: (inout LockFixture) throws -> Void = { _ in }) throws
        -> [String: SHA256Digest]
    {
        var fixture = try LockFixture()
        try change(&fixture)
        let lock = try fixture.lock()
        let cells = try fixture.catalog().cells(
            for: [Selection.parse("3.3.8@plain,trim,jemalloc:bookworm/amd64")], project: .default,
            host: HostPlatform(suite: "bookworm", architecture: .amd64))
        return Dictionary(
            uniqueKeysWithValues: cells.map { ($0.variant.name, lock.digest(of: $0)) })
    }

    @Test func eachVariantHasItsOwn() throws {
        let digests = try digests()
        #expect(digests.count == 3)
        #expect(Set(digests.values).count == 3)
    }

    @Test func anotherReleaseOrVariantChangesNothing() throws {
        let before = try digests()
        #expect(
            try digests { $0.selection = "3.3.8,3.4.5@plain,trim,jemalloc,tcmalloc:bookworm/amd64" }
                == before)
        #expect(try digests { $0.smoke = [] } == before)
    }

    @Test func anAllocatorsPackagesAreItsVariantsAlone() throws {
        let before = try digests()
        let after = try digests {
            $0.allocator = [LockFixture.member("libjemalloc2", isBase: false, version: "1:2-4")]
        }
        #expect(after["jemalloc"] != before["jemalloc"])
        #expect(after["plain"] == before["plain"])
        #expect(after["trim"] == before["trim"])
    }

    @Test func aPackageOfTheRootIsEverybodys() throws {
        let before = try digests()
        let after = try digests {
            $0.members[1] = LockFixture.member("gcc-12", isBase: false, version: "1:2-4")
        }
        #expect(before.allSatisfy { after[$0.key] != $0.value })
    }
}
