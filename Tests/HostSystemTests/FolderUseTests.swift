import HostSystem
import SystemPackage
import TestSupport
import Testing

/// A folder that is used is not removed.
@Suite struct FolderUseTests {
    @Test func anUnusedFolderIsRemoved() async throws {
        try await Scratch.with { scratch in
            let folder = scratch.appending("folder")
            try Files.createDirectory(folder.appending("inner"))
            #expect(try FolderUse.removeUnlessUsed(folder, by: scratch))
            #expect(try Files.names(in: scratch) == [])
            #expect(try FolderUse.removeUnlessUsed(folder, by: scratch))
        }
    }

    @Test func severalMayUseAFolderAndNobodyRemovesItMeanwhile() async throws {
        try await Scratch.with { scratch in
            let folder = scratch.appending("folder")
            try Files.createDirectory(folder)
            let isKept = try await FolderUse.with(folder) {
                let second = try await FolderUse.with(folder) { true }
                #expect(second == true)
                return try !FolderUse.removeUnlessUsed(folder, by: scratch)
            }
            #expect(isKept == true)
            #expect(Files.isDirectory(folder))
            #expect(try FolderUse.removeUnlessUsed(folder, by: scratch))
        }
    }

    @Test func aCopyOfTheDescriptorInAChildIsNoUse() async throws {
        try await Scratch.with { scratch in
            let folder = scratch.appending("folder")
            try Files.createDirectory(folder)
            let copy = try await FolderUse.with(folder) {
                let copy = try OpenFiles.copy(of: folder)
                return try #require(copy)
            }
            defer { try? copy?.close() }
            #expect(copy != nil)
            #expect(try FolderUse.removeUnlessUsed(folder, by: scratch))
        }
    }

    @Test func aFolderThatIsGoneCannotBeUsed() async throws {
        let used: Bool? = try await FolderUse.with("/nonexistent/folder") { true }
        #expect(used == nil)
    }

    @Test func aProgramOnOurStreamsGivesItsEnding() async throws {
        let runner = SubprocessRunner()
        #expect(try await runner.converse(Command("sh", ["-c", "exit 7"])) == .exited(7))
        #expect(
            try await runner.converse(Command("sh", ["-c", "kill -TERM $$"]))
                == .killed(signal: 15))
    }

    /// A shell on the terminal must be in the foreground's process group, which is ours.
    @Test func aProgramOnOurStreamsStaysInOurProcessGroup() async throws {
        try await Scratch.with { scratch in
            let file = scratch.appending("group")
            let script =
                "cut -d ' ' -f 5 /proc/$$/stat > \(file); cut -d ' ' -f 5 /proc/$PPID/stat >> \(file)"
            _ = try await SubprocessRunner().converse(Command("sh", ["-c", script]))
            let groups = try Files.readText(file).split(separator: "\n")
            #expect(groups.count == 2)
            #expect(groups.first == groups.last)
        }
    }
}
