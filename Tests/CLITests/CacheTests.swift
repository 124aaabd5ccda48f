import Digest
import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

/// `lapidary cache`, on a home that was written by hand.
@Suite struct CacheTests {
    private static let good = SHA256Digest(of: "good")
    private static let key = SHA256Digest(of: "key")

    private func blob(_ digest: SHA256Digest, in fixture: CLIFixture) -> FilePath {
        fixture.home.pushing("blobs").appending(String(digest.hex.prefix(2)))
            .appending(digest.hex)
    }

    private func write(_ text: String, to path: FilePath) throws {
        try Files.createDirectory(path.removingLastComponent())
        try Files.write(text, to: path)
    }

    /// A result with its output, a file that nothing refers to, and a package under its name.
    private func fill(_ fixture: CLIFixture) throws {
        try write("", to: fixture.home.appending("lock"))
        try write("good", to: blob(Self.good, in: fixture))
        try write("stray", to: blob(SHA256Digest(of: "stray"), in: fixture))
        try write(
            """
            {"action": "derive ruby-3.3.8-trim bookworm/amd64", "seconds": 20, "outputs":
             {"tree": {"sha256": "\(Self.good)", "size": 4}}}
            """, to: fixture.home.pushing("results").appending("\(Self.key).json"))
        try write("deb", to: fixture.home.pushing("packages/bookworm/ruby.deb"))
        try write("secret", to: fixture.home.pushing("keys/key"))
    }

    @Test func sizeIsATableAndHasItsKeys() async throws {
        try await CLIFixture.with { fixture in
            try fill(fixture)
            let table = try await fixture.run("cache", "size", in: "/")
            #expect(table.succeeded, "\(table.standardError)")
            let lines = table.standardOutput.split(separator: "\n")
            #expect(lines.first?.split(separator: " ") == ["WHAT", "COUNT", "SIZE"])
            #expect(lines.contains { $0.contains(/^results of actions +1 +[0-9.]+ k?B$/) })
            #expect(lines.contains { $0.contains(/^unreferenced files +1 +/) })
            #expect(lines.last?.contains(/^total +5 +/) == true)
            #expect(table.standardError.contains("can be made or fetched again: \(fixture.home)"))
            let json = try await fixture.run("cache", "size", "--json", in: "/").json()
            #expect(json.keys.sorted() == ["bytes", "home", "parts", "removable", "schema"])
            let parts = try #require(json["parts"] as? [[String: Any]])
            #expect(parts.first?.keys.sorted() == ["bytes", "count", "kind"])
            #expect(
                parts.map { $0["kind"] as? String }
                    == ["results", "unreferenced", "records", "packages", "keys"])
        }
    }

    @Test func pruneSaysWhatGoesAndLeavesWhatIsReferredTo() async throws {
        try await CLIFixture.with { fixture in
            try fill(fixture)
            let dry = try await fixture.run("cache", "prune", "--max", "0", "--dry-run", in: "/")
            #expect(dry.succeeded, "\(dry.standardError)")
            #expect(dry.standardOutput.contains("WOULD GO"))
            #expect(
                dry.standardOutput.contains("\nderive ruby-3.3.8-trim bookworm/amd64  "))
            #expect(dry.standardError.hasPrefix("Would free "))
            #expect(Files.exists(blob(Self.good, in: fixture)))
            let json = try await fixture.run("cache", "prune", "--json", in: "/").json()
            #expect(
                json.keys.sorted() == ["dryRun", "freed", "inUse", "left", "removed", "schema"])
            let removed = try #require(json["removed"] as? [[String: Any]])
            #expect(removed.map { $0["kind"] as? String } == ["file"])
            #expect(removed.first?.keys.sorted() == ["bytes", "kind", "name"])
            #expect(Files.exists(blob(Self.good, in: fixture)))
            let all = try await fixture.run("cache", "prune", "--max", "0", in: "/")
            #expect(all.standardOutput.contains(/\nresults +1 +/))
            #expect(all.standardError.hasPrefix("Freed "))
            #expect(!Files.exists(blob(Self.good, in: fixture)))
            #expect(Files.exists(fixture.home.pushing("packages/bookworm/ruby.deb")))
        }
    }

    @Test(arguments: [
        (["prune", "--max", "20X"], "20X"), (["prune", "--max=-1"], "-1"),
        (["prune", "--max", "1.5"], "1.5"), (["prune", "--max", ""], "max"),
        (["prune", "--unused-for=-1"], "--unused-for takes a number of days"),
        (["prune", "--unused-for", "99999999"], "--unused-for takes a number of days"),
        (["export"], "--output"), (["import"], "file"), (["import", "nowhere"], "nowhere"),
        (["frob"], "frob"),
    ])
    func optionsThatMeanNothingAreNamed(arguments: [String], word: String) async throws {
        try await CLIFixture.with { fixture in
            let result = try await SubprocessRunner().capture(
                try fixture.command(["cache"] + arguments))
            #expect(result.ending == .exited(64), "\(result.standardError)")
            #expect(result.standardError.contains(word), "\(result.standardError)")
            #expect(!Files.exists(fixture.home))
        }
    }

    @Test(arguments: ["1", "20G", "500M", "1.5G", "20 GB", "7k", "1T", "0"])
    func sizesAreReadAsPeopleWriteThem(size: String) async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run("cache", "prune", "--max", size, in: "/")
            #expect(result.succeeded, "\(result.standardError)")
            #expect(!Files.exists(fixture.home))
        }
    }

    @Test func cleanSaysWhatCameFree() async throws {
        try await CLIFixture.with { fixture in
            try fill(fixture)
            let result = try await fixture.run("cache", "clean", in: "/")
            #expect(result.succeeded)
            #expect(result.standardError.contains(/^Freed [0-9.]+ k?B;/))
            let left = try FileTree.entries(below: fixture.home).filter { $0.kind == .file }
            #expect(left.map(\.path) == ["keys/key", "lock", "packages/bookworm/ruby.deb"])
        }
    }

    @Test func verifyNamesEachDamageWithExitCode4() async throws {
        try await CLIFixture.with { fixture in
            try fill(fixture)
            let whole = try await fixture.run("cache", "verify", in: "/")
            #expect(whole.succeeded)
            #expect(whole.standardError == "All is whole: 2 files, 0 roots, 1 results\n")
            let path = blob(Self.good, in: fixture)
            try Files.write("gooD", to: path)
            let result = try await fixture.run("cache", "verify", in: "/")
            #expect(result.ending == .exited(4))
            #expect(result.standardError.hasPrefix("error: 2 things in the home were damaged\n"))
            #expect(
                result.standardError.contains(
                    "  `\(path)` was damaged: expected sha256 \(Self.good), found "))
            #expect(!Files.exists(path))
            try write("bad", to: path)
            let json = try await fixture.run("cache", "verify", "--json", in: "/")
            #expect(json.ending == .exited(4))
            let object = try json.json()
            #expect(
                object.keys.sorted()
                    == ["damages", "files", "ok", "results", "roots", "schema"])
            #expect(object["ok"] as? Bool == false)
            #expect((object["damages"] as? [String])?.count == 1)
            #expect(try await fixture.run("cache", "verify", in: "/").succeeded)
        }
    }

    @Test(arguments: [["prune"], ["clean"], ["verify"]])
    func aBusyHomeIsNotTouchedUnderNoWait(arguments: [String]) async throws {
        try await CLIFixture.with { fixture in
            try fill(fixture)
            let before = try FileTree.entries(below: fixture.home).map(\.path)
            let held = try await whileHolding(fixture.home.appending("lock")) {
                try await SubprocessRunner().capture(
                    try fixture.command(["cache"] + arguments + ["--no-wait"]))
            }
            #expect(held.ending == .exited(3))
            #expect(held.standardError.contains("is in use by "))
            #expect(try FileTree.entries(below: fixture.home).map(\.path) == before)
        }
    }

    private func whileHolding<Value>(_ lock: FilePath, _ body: () async throws -> Value)
        async throws -> Value
    {
        try await FileLock(lock).with(holder: "a test", wait: false, onWait: { _ in }, body)
    }

    @Test func exportWithoutAnythingSaysWhatToDo() async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run(
                "cache", "export", "3.3@plain:bookworm/amd64", "--output", "cache.tar.zst")
            #expect(result.ending == .exited(3))
            #expect(result.standardError.contains("nobody knows yet what the roots of bookworm"))
            #expect(result.standardError.contains("hint: "))
            #expect(!Files.exists(fixture.project.appending("cache.tar.zst")))
        }
    }

    /// Killed at any moment, a home claims nothing that it has not, and the next command works.
    @Test(.timeLimit(.minutes(10))) func aKilledPruneLeavesAWholeHome() async throws {
        try await CLIFixture.with { fixture in
            try fill(fixture)
            var killed = 0
            for milliseconds in [30, 60, 120, 250] {
                for index in 0..<60 {
                    let text = "output \(index)"
                    let output = SHA256Digest(of: text)
                    try write(text, to: blob(output, in: fixture))
                    try write(
                        """
                        {"action": "a \(index)", "seconds": 1, "outputs":
                         {"out": {"sha256": "\(output)", "size": \(text.utf8.count)}}}
                        """,
                        to: fixture.home.pushing("results").appending(
                            "\(SHA256Digest(of: "key \(index)")).json"))
                }
                let result = try await SubprocessRunner().capture(
                    Command(
                        "timeout",
                        ["--signal=KILL", "\(Double(milliseconds) / 1000)"]
                            + [try fixture.command(["cache", "prune", "--max", "0"])].flatMap {
                                [$0.executable] + $0.arguments
                            }, workingDirectory: "/"))
                if !result.succeeded { killed += 1 }
                let check = try await fixture.run("cache", "verify", in: "/")
                #expect(check.succeeded, "\(check.standardError)")
            }
            #expect(killed > 0)
        }
    }
}
