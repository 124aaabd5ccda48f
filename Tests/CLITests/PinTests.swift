import Digest
import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

/// The lock on the command line: what is said of one that cannot be taken, and with which exit code.
@Suite struct PinTests {
    private static let remark =
        "# The exact inputs of every build, made by `lapidary pin update`; not to be edited."

    /// A lock of some lines.
    private static func lock(_ lines: [String] = []) -> String {
        let body = (["lapidary-lock 1", remark] + lines).map { "\($0)\n" }.joined()
        return body + "checksum \(SHA256Digest(of: body))\n"
    }

    private static func recipe(_ path: String, _ content: String) -> String {
        "recipe \(path) sha256=\(SHA256Digest(of: content))"
    }

    private func write(_ text: String, in fixture: CLIFixture) throws {
        try Files.write(text, to: fixture.project.appending("lapidary.lock"))
    }

    @Test(arguments: ["build", "smoke", "publish"])
    func lockedWithoutALockSaysHowToMakeOne(verb: String) async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run(verb, "--locked", "3.3@plain:bookworm")
            #expect(result.ending == .exited(4))
            #expect(
                result.standardError == """
                    error: the project has no `lapidary.lock`
                    hint: make it with `lapidary pin update SELECTION`, and commit it

                    """)
            #expect(!Files.exists(fixture.home))
        }
    }

    @Test(arguments: [
        (
            lock([recipe("lapidary.yaml", "a")]).replacing("sha256=c", with: "sha256=0"),
            "`lapidary.lock` was edited: its lines do not fit its checksum"
        ),
        (
            "lapidary-lock 2\nwhatever comes\n",
            "`lapidary.lock` has the lock format 2, and this Lapidary reads 1"
        ),
        (lock(["recipe lapidary.yaml"]), "lapidary.lock:3: `sha256=` is missing"),
        (lock(["======="]), "lapidary.lock:3: no entry of a lock begins with `=======`"),
        ("", "lapidary.lock:1: it does not begin with `lapidary-lock 1`"),
    ])
    func aLockThatIsNoneStopsEveryCommandThatNeedsIt(text: String, sentence: String) async throws {
        try await CLIFixture.with { fixture in
            try write(text, in: fixture)
            for arguments in [
                ["build", "3.3@plain:bookworm"], ["show", "3.3@plain:bookworm"],
                ["pin", "check"], ["pin", "update"],
            ] {
                let result = try await SubprocessRunner().capture(
                    try fixture.command(arguments))
                #expect(result.ending == .exited(4), "\(arguments)")
                #expect(result.standardError.hasPrefix("error: \(sentence)\n"), "\(result)")
                #expect(result.standardError.contains("\nhint: "))
            }
            #expect(
                try Files.readText(fixture.project.appending("lapidary.lock")) == text)
        }
    }

    /// What changed since is named, to people and to programs.
    @Test func aLockOfOtherRecipesIsStale() async throws {
        try await CLIFixture.with { fixture in
            try write(Self.lock([Self.recipe("lapidary.yaml", "another project")]), in: fixture)
            let result = try await fixture.run("build", "--locked", "3.3@plain:bookworm")
            #expect(result.ending == .exited(4))
            #expect(
                result.standardError.hasPrefix(
                    "error: `lapidary.lock` does not decide this build: release 3.3.8 is not"
                        + " pinned\n"))
            #expect(
                result.standardError.contains("`lapidary.yaml` changed since it was pinned"))
            let check = try await fixture.run("pin", "check", "--json")
            #expect(check.ending == .exited(4))
            let json = try check.json()
            #expect(
                json.keys.sorted() == ["downloadable", "files", "lock", "ok", "reasons", "schema"])
            #expect(json["ok"] as? Bool == false)
            let reasons = try #require(json["reasons"] as? [[String: Any]])
            #expect(reasons.allSatisfy { $0["kind"] as? String == "stale" })
            #expect(
                reasons.contains {
                    $0["text"] as? String == "`lapidary.yaml` changed since it was pinned"
                })
        }
    }

    @Test func diffShowsWhatMoved() async throws {
        try await CLIFixture.with { fixture in
            let (old, new) = (fixture.folder.appending("old"), fixture.folder.appending("new"))
            try Files.write(
                Self.lock([Self.recipe("a.yaml", "1"), Self.recipe("b.yaml", "1")]), to: old)
            try Files.write(
                Self.lock([Self.recipe("b.yaml", "2"), Self.recipe("c.yaml", "1")]), to: new)
            let result = try await fixture.run("pin", "diff", old.string, new.string, "--json")
            #expect(result.ending == .exited(0))
            let moves = try #require(try result.json()["moves"] as? [[String: Any]])
            #expect(moves.map { $0["name"] as? String } == ["a.yaml", "b.yaml", "c.yaml"])
            #expect(moves.map { $0["before"] == nil } == [false, false, true])
            #expect(moves.map { $0["after"] == nil } == [true, false, false])
            let table = try await fixture.run("pin", "diff", old.string, new.string)
            let lines = table.standardOutput.split(separator: "\n")
            #expect(lines.count == 4)
            #expect(lines[0].contains(/WHAT +NAME +BEFORE +AFTER/))
            #expect(lines[1].contains(/recipe +a.yaml +[0-9a-f]{12} +-/))
            let same = try await fixture.run("pin", "diff", old.string, old.string)
            #expect(same.ending == .exited(0))
            #expect(same.standardOutput.isEmpty)
            #expect(same.standardError == "nothing moved\n")
        }
    }

    @Test func diffNamesTheFileThatIsNoLock() async throws {
        try await CLIFixture.with { fixture in
            let file = fixture.folder.appending("no-lock")
            try Files.write("hello\n", to: file)
            let result = try await fixture.run("pin", "diff", file.string, file.string)
            #expect(result.ending == .exited(4))
            #expect(result.standardError.hasPrefix("error: \(file):1: it does not begin with "))
            let nowhere = try await fixture.run("pin", "diff", "nowhere", file.string)
            #expect(nowhere.ending == .exited(64))
            #expect(nowhere.standardError.hasPrefix("error: there is no lock `nowhere`\n"))
        }
    }

    @Test(arguments: [
        (
            ["pin", "update", "--ruby", "--suite"],
            "--ruby, --suite and --recipes exclude each other"
        ),
        (["pin", "update", "--against", "nowhere"], "there is no repository `"),
        (["build", "--locked", "--refresh"], "--refresh goes around the lock"),
    ])
    func optionsThatContradictAreRefused(arguments: [String], words: String) async throws {
        try await CLIFixture.with { fixture in
            let result = try await SubprocessRunner().capture(
                try fixture.command(arguments + ["3.3@plain:bookworm"]))
            #expect(result.ending == .exited(64))
            #expect(result.standardError.contains(words), "\(result)")
        }
    }

    @Test func everyFileOfTheLockIsListedWithItsPlace() async throws {
        try await CLIFixture.with { fixture in
            let source = SHA256Digest(of: "source")
            let file = "pool/main/b/bash/bash_5.2_amd64.deb"
            let package = SHA256Digest(of: "package")
            let lines = [
                "release 3.3.8 revision=1 epoch=1744156800 recipe=\(SHA256Digest(of: "r"))"
                    + " source=debian sha256=\(source) size=7 file=ruby.tar.xz package=ruby3.3"
                    + " version=3.3.8-2 suite=sid",
                "platform bookworm/amd64 recipe=\(SHA256Digest(of: "p")) keyring=k.gpg"
                    + " keyring-sha256=\(SHA256Digest(of: "k"))",
                "package bookworm/amd64 bare bash 5.2 amd64 \(file) sha256=\(package) size=9",
            ]
            try write(Self.lock(lines), in: fixture)
            let place = fixture.home.pushing("blobs").appending(String(package.hex.prefix(2)))
            try Files.createDirectory(place)
            try Files.write("package", to: place.appending(package.hex))
            let all = try await fixture.run("pin", "files")
            #expect(
                all.standardOutput == """
                    \(source)  blobs/\(source.hex.prefix(2))/\(source)  ruby.tar.xz
                    \(package)  blobs/\(package.hex.prefix(2))/\(package)  bash_5.2_amd64.deb

                    """, "\(all.standardError)")
            #expect(all.standardError == "2 files, 16 B; this home has 1 of them\n")
            let missing = try await fixture.run("pin", "files", "--missing", "--quiet")
            #expect(missing.standardOutput.hasSuffix("  ruby.tar.xz\n"))
            #expect(missing.standardOutput.split(whereSeparator: \.isNewline).count == 1)
        }
    }
}
