import Diagnostics
import HostSystem
import SystemPackage
import Testing

@testable import AptRepository

@Suite struct DirectorySwitchTests {
    private func with(_ body: (FilePath, FilePath, FilePath) async throws -> Void) async throws {
        try await TemporaryDirectory.with(in: "/tmp", name: "lapidary-switch") { folder in
            for name in ["live", "new"] {
                try Files.createDirectory(folder.appending(name))
                try Files.write(name, to: folder.appending("\(name)/is"))
            }
            try await body(
                folder.appending("live"), folder.appending("new"), folder.appending("old"))
        }
    }

    @Test func exchangesInOneStep() async throws {
        try await with { live, new, _ in
            let exchanged = try DirectorySwitch.exchange(new, live)
            #expect(exchanged)
            #expect(try Files.readText(live.appending("is")) == "new")
            #expect(try Files.readText(new.appending("is")) == "live")
        }
    }

    @Test func putsTheFirstFolderInPlace() async throws {
        try await with { live, new, old in
            try Files.remove(live)
            try DirectorySwitch.put(new, at: live, retiring: old)
            #expect(try Files.readText(live.appending("is")) == "new")
            #expect(!Files.exists(new))
        }
    }

    @Test func renamesTwiceWhereItCannotExchange() async throws {
        try await with { live, new, old in
            try DirectorySwitch.replace(live, by: new, retiring: old)
            #expect(try Files.readText(live.appending("is")) == "new")
            #expect(try Files.readText(old.appending("is")) == "live")
        }
    }

    @Test func bringsTheOldFolderBackWhenTheNewOneCannotMove() async throws {
        try await with { live, new, old in
            try Files.remove(new)
            #expect(throws: Failure.self) {
                try DirectorySwitch.replace(live, by: new, retiring: old)
            }
            #expect(throws: Failure.self) {
                try DirectorySwitch.put(new, at: live, retiring: old)
            }
            #expect(try Files.readText(live.appending("is")) == "live")
            #expect(!Files.exists(old))
        }
    }
}
