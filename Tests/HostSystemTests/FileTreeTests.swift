import Diagnostics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import HostSystem

@Suite struct FileTreeTests {
    private func link(_ path: FilePath, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: path.string, withDestinationPath: target)
    }

    @Test func linksAreEntriesAndNotFollowed() async throws {
        try await Scratch.with { folder in
            try Files.createDirectory(folder.appending("tree/a"))
            try Files.createDirectory(folder.appending("outside"))
            try Files.write("secret", to: folder.appending("outside/file"))
            let tree = folder.appending("tree")
            try Files.write("12345", to: tree.appending("a/file"))
            try link(tree.appending("out"), to: "../outside")
            try link(tree.appending("loop"), to: ".")
            try link(tree.appending("dangling"), to: "/nowhere")
            try #require(mkfifo(tree.appending("pipe").string, 0o600) == 0)
            let entries = try FileTree.entries(below: tree)
            #expect(
                entries.map { "\($0.path) \($0.kind)" } == [
                    "a folder", "a/file file", "dangling link", "loop link", "out link",
                    "pipe other",
                ])
            #expect(entries.first { $0.path == "a/file" }?.size == 5)
            #expect(entries.first { $0.path == "dangling" }?.size == 8)
        }
    }

    @Test func entriesAreSortedByBytesWithParentsFirst() async throws {
        try await Scratch.with { folder in
            for path in ["b/x", "a-b", "a/z/y", "B", "é/f"] {
                try Files.createDirectory(folder.appending(path))
            }
            #expect(
                try FileTree.entries(below: folder).map(\.path)
                    == ["B", "a", "a-b", "a/z", "a/z/y", "b", "b/x", "é", "é/f"])
        }
    }

    @Test func aHardLinkIsMarkedFromItsSecondNameOn() async throws {
        try await Scratch.with { folder in
            try Files.write("text", to: folder.appending("c"))
            try Files.write("text", to: folder.appending("single"))
            for name in ["a", "b"] {
                try Files.linkOrCopy(folder.appending("c"), to: folder.appending(name))
            }
            let entries = try FileTree.entries(below: folder)
            #expect(entries.filter(\.isFurtherHardLink).map(\.path) == ["b", "c"])
        }
    }

    @Test(arguments: [
        ("a/file", true), ("/a//file", true), ("a", false), ("a/none", false), ("link", false),
        ("out/file", false), ("a/up/file", false), ("pipe", false), ("a/file/x", false),
        ("", false), ("/", false),
    ])
    func aPlainFileIsReachedThroughFoldersAlone(path: String, expected: Bool) async throws {
        try await Scratch.with { folder in
            let tree = folder.appending("tree")
            try Files.createDirectory(tree.appending("a"))
            try Files.createDirectory(folder.appending("outside"))
            try Files.write("", to: folder.appending("outside/file"))
            try Files.write("", to: tree.appending("a/file"))
            try link(tree.appending("link"), to: "a/file")
            try link(tree.appending("out"), to: "../outside")
            try link(tree.appending("a/up"), to: ".")
            try #require(mkfifo(tree.appending("pipe").string, 0o600) == 0)
            #expect(FileTree.isPlainFile(path, below: tree) == expected)
        }
    }

    @Test func aMissingFolderIsNamed() throws {
        let failure = #expect(throws: Failure.self) {
            try FileTree.entries(below: "/nowhere/at/all")
        }
        #expect(failure?.kind == .environment)
        #expect(failure?.message.contains("/nowhere/at/all") == true)
    }

    @Test(arguments: [
        ([0x7F, 0x45, 0x4C, 0x46, 2, 1], true), ([0x7F, 0x45, 0x4C, 0x46], true),
        ([0x7F, 0x45, 0x4C], false), ([], false), (Array("#!/bin/sh\n".utf8), false),
    ])
    func anELFObjectIsKnownByItsFirstBytes(bytes: [UInt8], expected: Bool) async throws {
        try await Scratch.with { folder in
            let file = folder.appending("file")
            try Files.write(bytes, to: file)
            #expect(FileTree.isELF(file) == expected)
        }
    }

    @Test func aLinkToAnELFObjectIsNone() async throws {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        #expect(FileTree.isELF(FilePath(program)))
        #expect(!FileTree.isELF("/proc/self/exe"))
        #expect(!FileTree.isELF("/"))
        #expect(!FileTree.isELF("/nowhere"))
    }
}

@Suite struct LogTailTests {
    @Test func theLastLinesOfAShortLogAreAllOfThem() async throws {
        try await Scratch.with { folder in
            let log = folder.appending("log")
            try Files.write("one\ntwo\n\nthree", to: log)
            #expect(try LogTail.lines(of: log) == ["one", "two", "three"])
            #expect(try LogTail.lines(of: log, count: 1) == ["three"])
        }
    }

    @Test func onlyTheEndOfAHugeLogIsRead() async throws {
        try await Scratch.with { folder in
            let log = folder.appending("log")
            // Three bytes a character, so that the window begins inside one.
            let line = String(repeating: "€", count: 33) + "\n"
            try Files.write(String(repeating: line, count: 3000) + "last\n", to: log)
            let lines = try LogTail.lines(of: log)
            #expect(lines.count == 20)
            #expect(lines.last == "last")
            #expect(Set(lines.dropLast()) == [String(line.dropLast())])
        }
    }

    @Test func anEmptyLogHasNoLinesAndAMissingOneIsNamed() async throws {
        try await Scratch.with { folder in
            let log = folder.appending("log")
            try Files.write("", to: log)
            #expect(try LogTail.lines(of: log) == [])
            #expect(throws: Failure.self) { try LogTail.lines(of: folder.appending("none")) }
        }
    }
}

@Suite struct MachineTests {
    @Test func assignmentsOfOSReleaseAreUnquoted() {
        let text = """
            PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
            # a comment
            VERSION_CODENAME=bookworm
            ID='debian'
            EMPTY=
            HOME_URL="https://www.debian.org/?a=b"

            no assignment
            """
        let values = Machine.parseOSRelease(text)
        #expect(
            values == [
                "PRETTY_NAME": "Debian GNU/Linux 12 (bookworm)", "VERSION_CODENAME": "bookworm",
                "ID": "debian", "HOME_URL": "https://www.debian.org/?a=b",
            ])
        #expect(Machine.parseOSRelease("") == [:])
    }

    @Test func thisMachineIsKnown() {
        let machine = Machine.current()
        #expect(machine.processors >= 1)
        #expect(machine.isRoot == Programs.areRunAsRoot)
        #expect(["amd64", "arm64"].contains(machine.architecture))
    }
}
