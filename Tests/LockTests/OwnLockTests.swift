import Foundation
import Recipe
import Testing

@testable import Lock

/// This project's own lock.
@Suite struct OwnLockTests {
    private func lock() throws -> ProjectLock {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return try ProjectLock.parse(
            String(decoding: Data(contentsOf: root.appending(path: "lapidary.lock")), as: UTF8.self)
        )
    }

    /// When this fails, a recipe was changed without `lapidary pin update --recipes`.
    @Test func itFitsTheRecipes() throws {
        let lock = try lock()
        let catalog = try LockFixture().catalog()
        #expect(lock.leftovers(in: catalog) == [])
        #expect(lock.gaps(of: LockScope(of: lock, in: catalog), in: catalog) == [])
    }

    @Test func itPinsEveryVerifiedRelease() throws {
        let catalog = try LockFixture().catalog()
        let verified = catalog.series.flatMap(\.releases).filter(\.verified).map(\.version)
        #expect(try lock().releases.map(\.version) == verified.sorted())
    }

    @Test func noPlaceInItNamesAServer() throws {
        let lock = try lock()
        #expect(lock.packages.count > 200)
        #expect(lock.packages.allSatisfy { $0.member.poolPath?.hasPrefix("pool/") == true })
        #expect(!lock.text.contains("http://"))
    }
}
