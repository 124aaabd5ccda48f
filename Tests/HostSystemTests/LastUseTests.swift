import Diagnostics
import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

/// The time of the last use of a file, and the bytes that files take.
@Suite struct LastUseTests {
    private let past = Date(timeIntervalSince1970: 1_000_000_000.5)

    @Test func noteSetsTheAccessTimeAndNothingElse() async throws {
        try await Scratch.with { folder in
            let file = folder.appending("file")
            try Files.write("text", to: file)
            let finished = try Files.modificationDate(of: file)
            LastUse.note(file, at: past)
            #expect(try LastUse.date(of: file) == past)
            #expect(try Files.modificationDate(of: file) == finished)
            let before = Date(timeIntervalSinceNow: -5)
            LastUse.note(file)
            #expect(try LastUse.date(of: file) > before)
            #expect(try Files.modificationDate(of: file) == finished)
        }
    }

    /// On a mount with `relatime` a plain read would set it: the change time is newer.
    @Test func readLeavesNoTrace() async throws {
        try await Scratch.with { folder in
            let file = folder.appending("file")
            let bytes = [UInt8](repeating: 7, count: 200_000)
            try Files.write(bytes, to: file)
            LastUse.note(file, at: past)
            #expect(try LastUse.read(file) == bytes)
            #expect(try LastUse.date(of: file) == past)
        }
    }

    @Test func nothingIsNotedOfAFileThatIsNotThere() async throws {
        try await Scratch.with { folder in
            LastUse.note(folder.appending("none"))
            let names = try Files.names(in: folder)
            #expect(names == [])
            let none = folder.appending("none")
            #expect(throws: Failure.self) { try LastUse.date(of: none) }
            #expect(throws: Failure.self) { try LastUse.read(none) }
        }
    }
}

@Suite struct DiskUseTests {
    private func write(_ file: FilePath, kilobytes: Int) throws {
        try Files.createDirectory(file.removingLastComponent())
        var random = SystemRandomNumberGenerator()
        let words = (0..<kilobytes * 128).map { _ in random.next() as UInt64 }
        try Files.write(words.withUnsafeBytes(Array.init), to: file)
    }

    /// du(1) counts the same.
    @Test func aTreeIsCountedAsByDu() async throws {
        try await Scratch.with { folder in
            let tree = folder.appending("tree")
            try write(tree.pushing("a/file"), kilobytes: 100)
            try write(tree.pushing("b/c/file"), kilobytes: 3)
            try Files.linkOrCopy(tree.pushing("a/file"), to: tree.pushing("b/again"))
            try Files.symbolicLink(at: tree.appending("link"), to: "/etc")
            var use = DiskUse()
            let sum = use.count(tree)
            let du = try await SubprocessRunner().output(
                of: Command("du", ["--summarize", "--block-size=1", tree.string]),
                purpose: "count")
            #expect(du.hasPrefix("\(sum.bytes)\t"))
            #expect(sum.files == 3)
            #expect(use.count(tree.pushing("a/file")) == DiskUse.Sum())
            #expect(use.count(folder.appending("none")) == DiskUse.Sum())
        }
    }

    @Test func aFileComesFreeWithItsLastName() async throws {
        try await Scratch.with { folder in
            let names = ["a", "b", "elsewhere"].map { folder.appending($0) }
            try write(names[0], kilobytes: 100)
            try Files.linkOrCopy(names[0], to: names[1])
            var use = DiskUse()
            #expect(use.free(names[0]) == 0)
            #expect(use.free(names[1]) >= 100_000)
            try Files.linkOrCopy(names[0], to: names[2])
            use = DiskUse()
            #expect(use.free(names[0]) == 0)
            #expect(use.free(names[1]) == 0)
        }
    }
}
