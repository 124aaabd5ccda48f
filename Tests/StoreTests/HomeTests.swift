import Diagnostics
import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Store

@Suite struct HomeTests {
    private func mode(_ path: FilePath) throws -> UInt32 {
        var status = stat()
        try #require(lstat(path.string, &status) == 0)
        return status.st_mode & 0o777
    }

    @Test func whatAKilledRunLeftIsClearedBeforeTheNextBegins() async throws {
        try await Scratch.with { folder in
            let home = Home(folder)
            try Files.write("lapidary build (process 42)", to: folder.appending("lock"))
            try Files.createDirectory(home.temporary.appending("build-1/build"))
            try Files.write("half", to: home.temporary.appending("build-1/build/object.o"))
            try #require(
                symlink(folder.string, home.temporary.appending("build-1/link").string) == 0)
            try Files.createDirectory(home.logs)
            try Files.write("kept", to: home.logs.appending("log"))
            let left = try await home.exclusively(holder: "a test", wait: false, onWait: { _ in }) {
                try Files.names(in: home.temporary)
            }
            #expect(left == [])
            #expect(try Files.readText(home.logs.appending("log")) == "kept")
        }
    }

    @Test func aFolderThatIsSomethingElseIsNotCleared() async throws {
        try await Scratch.with { folder in
            let file = folder.appending("tmp/file")
            try Files.createDirectory(folder.appending("tmp"))
            try Files.write("mine", to: file)
            let failure = await #expect(throws: Failure.self) {
                try await Home(folder)
                    .exclusively(holder: "a test", wait: false, onWait: { _ in }) {}
            }
            #expect(failure?.kind == .usage)
            #expect(failure?.message.contains("`\(folder)` is no home of Lapidary") == true)
            #expect(try Files.readText(file) == "mine")
            #expect(try Files.names(in: folder) == ["tmp"])
        }
    }

    @Test func privateFoldersAreForTheUserAlone() async throws {
        try await Scratch.with { folder in
            let home = Home(folder.appending("deep/home"))
            let modes = try await home.exclusively(
                holder: "a test", wait: false, onWait: { _ in }
            ) {
                try [home.keys, home.temporary, home.blobs].map(mode)
            }
            #expect(modes == [0o700, 0o700, 0o755])
            #expect(
                try Files.names(in: home.path) == [
                    "blobs", "downloads", "failures", "keys", "lock", "logs", "package-sets",
                    "packages",
                    "results", "roots",
                    "tmp",
                ])
        }
    }

    @Test func onlyOneProcessChangesAHome() async throws {
        try await Scratch.with { folder in
            let home = Home(folder)
            try await home.exclusively(holder: "lapidary build", wait: false, onWait: { _ in }) {
                try Files.write("mine", to: home.temporary.appending("file"))
                let failure = await #expect(throws: Failure.self) {
                    try await home.exclusively(holder: "b", wait: false, onWait: { _ in }) {}
                }
                #expect(failure?.kind == .environment)
                #expect(failure?.message.contains("lapidary build") == true)
                #expect(try Files.names(in: home.temporary) == ["file"])
            }
        }
    }

    @Test func aHomeThatCannotBeMadeIsTheEnvironmentsFault() async throws {
        try await Scratch.with { folder in
            let file = folder.appending("file")
            try Files.write("", to: file)
            let failure = await #expect(throws: Failure.self) {
                try await Home(file.appending("home"))
                    .exclusively(holder: "a test", wait: false, onWait: { _ in }) {}
            }
            #expect(failure?.kind == .environment)
            #expect(failure?.message.contains("\(file)/home") == true)
        }
    }
}
