import Diagnostics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import HostSystem

@Suite struct FilesTests {
    private func mode(_ path: FilePath) throws -> Int {
        var status = stat()
        try #require(lstat(path.string, &status) == 0)
        return Int(status.st_mode & 0o7777)
    }

    @Test func writingReplacesTheWholeFileAndLeavesNothingElse() async throws {
        try await Scratch.with { folder in
            let file = folder.appending("file")
            try Files.write("a long first text\n", to: file)
            try Files.write("short\n", to: file)
            #expect(try Files.readText(file) == "short\n")
            #expect(try Files.names(in: folder) == ["file"])
        }
    }

    @Test(arguments: [0o600, 0o644, 0o755, 0o444])
    func writingSetsTheModeWhateverTheUmask(wanted: Int) async throws {
        try await Scratch.with { folder in
            let file = folder.appending("file")
            try Files.write("text", to: file, mode: wanted)
            #expect(try mode(file) == wanted)
        }
    }

    @Test func writingIntoAMissingFolderFailsAndNamesTheFile() async throws {
        try await Scratch.with { folder in
            let file = folder.appending("missing/file")
            let failure = #expect(throws: Failure.self) { try Files.write("text", to: file) }
            #expect(failure?.kind == .environment)
            #expect(failure?.message.hasPrefix("cannot write `\(file)`: ") == true)
            let left = try Files.names(in: folder)
            #expect(left == [])
        }
    }

    @Test func writingOverAFolderFailsAndLeavesNoPartialFile() async throws {
        try await Scratch.with { folder in
            let target = folder.appending("target")
            try Files.createDirectory(target.appending("inside"))
            let failure = #expect(throws: Failure.self) { try Files.write("text", to: target) }
            #expect(failure?.kind == .environment)
            #expect(failure?.message.contains("`\(target)`") == true)
            #expect(try Files.names(in: folder) == ["target"])
            #expect(try Files.names(in: target) == ["inside"])
        }
    }

    @Test func appendingMakesTheFileAndAddsAtItsEnd() async throws {
        try await Scratch.with { folder in
            let file = folder.appending("file")
            try Files.append("one\n", to: file)
            try Files.append("two\n", to: file)
            #expect(try Files.readText(file) == "one\ntwo\n")
            #expect(try Files.readText(file, from: 4) == "two\n")
            #expect(try Files.readText(file, from: 100) == "")
            #expect(try Files.size(of: file) == 8)
        }
    }

    @Test func namesAreSortedByBytes() async throws {
        try await Scratch.with { folder in
            for name in ["b", "é", "B", "a", ".hidden", "a-b", "10", "9"] {
                try Files.write("", to: folder.appending(name))
            }
            #expect(
                try Files.names(in: folder) == [".hidden", "10", "9", "B", "a", "a-b", "b", "é"])
            let failure = #expect(throws: Failure.self) {
                try Files.names(in: folder.appending("none"))
            }
            #expect(failure?.message.contains("cannot list `\(folder)/none`") == true)
        }
    }

    @Test func foldersAreMadeWithTheirParentsAndMode() async throws {
        try await Scratch.with { folder in
            let path = folder.appending("a/b")
            try Files.createDirectory(path, mode: 0o700)
            try Files.createDirectory(path, mode: 0o700)
            #expect(Files.isDirectory(path))
            #expect(try mode(path) == 0o700)
            try Files.setMode(0o1777, of: path)
            #expect(try mode(path) == 0o1777)
            try Files.write("", to: folder.appending("file"))
            let failure = #expect(throws: Failure.self) {
                try Files.createDirectory(folder.appending("file/below"))
            }
            #expect(failure?.kind == .environment)
        }
    }

    @Test func removingTakesALinkAwayButNotItsTarget() async throws {
        try await Scratch.with { folder in
            let kept = folder.appending("kept")
            try Files.createDirectory(kept)
            try Files.write("text", to: kept.appending("file"))
            let tree = folder.appending("tree")
            try Files.createDirectory(tree)
            for (name, target) in [("to-kept", kept.string), ("dangling", "/nowhere/at/all")] {
                try FileManager.default.createSymbolicLink(
                    atPath: tree.appending(name).string, withDestinationPath: target)
            }
            try Files.remove(tree.appending("dangling"))
            #expect(try Files.names(in: tree) == ["to-kept"])
            try Files.remove(tree)
            try Files.remove(tree)
            #expect(try Files.names(in: folder) == ["kept"])
            #expect(try Files.readText(kept.appending("file")) == "text")
        }
    }

    @Test func aLinkedFileIsTheSameFile() async throws {
        try await Scratch.with { folder in
            let file = folder.appending("file")
            let link = folder.appending("link")
            try Files.write("text", to: file)
            try Files.linkOrCopy(file, to: link)
            var first = stat()
            var second = stat()
            try #require(lstat(file.string, &first) == 0 && lstat(link.string, &second) == 0)
            #expect(first.st_ino == second.st_ino)
            let failure = #expect(throws: Failure.self) {
                try Files.linkOrCopy(folder.appending("none"), to: folder.appending("other"))
            }
            #expect(failure?.message.contains("`\(folder)/none`") == true)
        }
    }

    @Test func bytesThatAreNoTextAreReplaced() async throws {
        try await Scratch.with { folder in
            let file = folder.appending("file")
            try Files.write([0x61, 0xFF, 0x62], to: file)
            #expect(try Files.readText(file) == "a\u{FFFD}b")
            #expect(try Files.readBytes(file) == [0x61, 0xFF, 0x62])
        }
    }
}

@Suite struct TemporaryDirectoryTests {
    private struct Stop: Error {}

    @Test func isPrivateAndGoneAfterSuccess() async throws {
        try await Scratch.with { parent in
            let seen = try await TemporaryDirectory.with(in: parent, name: "work") { folder in
                var status = stat()
                try #require(lstat(folder.string, &status) == 0)
                #expect(status.st_mode & 0o7777 == 0o700)
                try Files.createDirectory(folder.appending("deep/er"))
                try Files.write("text", to: folder.appending("deep/er/file"))
                return folder
            }
            #expect(seen.lastComponent?.string.hasPrefix("work-") == true)
            #expect(try Files.names(in: parent) == [])
        }
    }

    @Test func isGoneAfterAnErrorWhichIsPassedOn() async throws {
        try await Scratch.with { parent in
            await #expect(throws: Stop.self) {
                try await TemporaryDirectory.with(in: parent, name: "work") { folder in
                    try Files.write("text", to: folder.appending("file"))
                    throw Stop()
                }
            }
            let left = try Files.names(in: parent)
            #expect(left == [])
        }
    }

    @Test func isGoneAfterCancellation() async throws {
        try await Scratch.with { parent in
            let task = Task {
                try await TemporaryDirectory.with(in: parent, name: "work") { folder in
                    try Files.write("text", to: folder.appending("file"))
                    try await Task.sleep(for: .seconds(60))
                }
            }
            let isThere = try await eventually { try !Files.names(in: parent).isEmpty }
            #expect(isThere)
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try Files.names(in: parent) == [])
        }
    }
}
