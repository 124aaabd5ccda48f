import AptRepository
import Diagnostics
import HostSystem
import SystemPackage
import TestSupport
import Testing

/// A repository on a disk that fills up.
@Suite(.enabled(if: SmallDisk.isPossible, "SKIPPED: only root can mount a small disk"))
struct DiskFullTests {
    /// A repository on the small disk, with its keys elsewhere.
    private func repository(_ fixture: Fixture, on disk: FilePath) throws -> Repository {
        try Repository(
            root: disk.appending("repository"), vendor: "lapidary", keyUserID: Fixture.userID,
            signer: fixture.signer, runner: fixture.runner)
    }

    @Test func aPackageThatDoesNotFitIsNotPublishedAndTheRestStays() async throws {
        try await Fixture.with { fixture in
            try await SmallDisk.with(megabytes: 10) { disk in
                let repository = try repository(fixture, on: disk)
                let suite = try fixture.suite()
                let small = try await fixture.deb(content: "small\n")
                _ = try await repository.publish(debs: [small], suite: suite, date: Fixture.date)
                let before = try fixture.snapshot(repository.root)
                let big = try await fixture.deb(
                    "lapidary-ruby-3.3.8-plain", content: String(repeating: "x", count: 12_000_000))
                let failure = await #expect(throws: Failure.self) {
                    try await repository.publish(debs: [big], suite: suite, date: Fixture.date)
                }
                #expect(failure?.kind == .environment)
                #expect(
                    failure?.message.contains(
                        #/^the disk of `.*/repository` is full: .*B free, and 12 MB needed to publish/#
                    ) == true, "\(String(describing: failure))")
                #expect(try fixture.snapshot(repository.root) == before)
            }
        }
    }

    /// The package fits, and then there is no room for the indexes of all packages.
    @Test func aDiskThatIsFullAfterThePackageLeavesTheOldSuite() async throws {
        try await Fixture.with { fixture in
            try await SmallDisk.with(megabytes: 4) { disk in
                let repository = try repository(fixture, on: disk)
                let suite = try fixture.suite()
                let small = try await fixture.deb(content: "small\n")
                _ = try await repository.publish(debs: [small], suite: suite, date: Fixture.date)
                let before = try fixture.snapshot(repository.root)
                let next = try await fixture.deb(
                    "lapidary-ruby-3.3.8-plain", content: String(repeating: "x", count: 100_000))
                let free = try Files.freeBytes(at: disk)
                let filler = disk.appending("filler")
                try Files.write([UInt8](repeating: 0, count: Int(free) - 120_000), to: filler)
                let failure = await #expect(throws: Failure.self) {
                    try await repository.publish(debs: [next], suite: suite, date: Fixture.date)
                }
                #expect(failure?.kind == .environment)
                #expect(
                    failure?.message.hasPrefix("the disk of `") == true,
                    "\(String(describing: failure))")
                #expect(try fixture.snapshot(repository.root) == before)
                // With room again, the same publication succeeds.
                try Files.remove(filler)
                _ = try await repository.publish(debs: [next], suite: suite, date: Fixture.date)
            }
        }
    }
}
