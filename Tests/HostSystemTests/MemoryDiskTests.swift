import SystemPackage
import TestSupport
import Testing

@testable import HostSystem

/// How much of the machine's memory is given to builds.
@Suite(.enabled(if: SmallDisk.isPossible, "SKIPPED: only root can mount a small disk"))
struct MemoryDiskTests {
    /// A disk of 8 MB; a folder's share is 2 MB, and 10 MB of memory are for programs.
    private func with(
        available: Int64, _ body: (MemoryDisk) throws -> Void
    ) async throws {
        try await SmallDisk.with(megabytes: 8) { path in
            try body(
                MemoryDisk(
                    on: path, size: 8 << 20, share: 2 << 20, reserve: 10 << 20,
                    available: { available }))
        }
    }

    @Test func foldersTakeTheirShareOfTheDisk() async throws {
        try await with(available: .max) { disk in
            let folders = try (1...4).map { _ in try #require(disk.makeFolder()) }
            #expect(Set(folders).count == 4)
            #expect(disk.makeFolder() == nil)
            disk.remove(folders[0])
            #expect(!Files.exists(folders[0]))
            #expect(disk.makeFolder() != nil)
        }
    }

    @Test func whatWasPromisedIsNotCountedTwice() async throws {
        try await with(available: .max) { disk in
            let folder = try #require(disk.makeFolder())
            try Files.write([UInt8](repeating: 1, count: 2 << 20), to: folder.appending("file"))
            #expect((0..<3).compactMap { _ in disk.makeFolder() }.count == 3)
            #expect(disk.makeFolder() == nil)
        }
    }

    @Test func memoryForProgramsStays() async throws {
        try await with(available: 14 << 20) { disk in
            #expect(disk.makeFolder() != nil)
            #expect(disk.makeFolder() != nil)
            #expect(disk.makeFolder() == nil)
        }
        try await with(available: 11 << 20) { disk in #expect(disk.makeFolder() == nil) }
    }

    @Test func aProcessWithoutMountsOfItsOwnHasNone() async throws {
        try await Scratch.with { folder in
            #expect(MemoryDisk.mount(at: folder.appending("memory")) == nil)
        }
    }
}
