import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

/// `logs` and `shell`, on a home that was written by hand.
@Suite struct InspectTests {
    private static let key = String(repeating: "ab", count: 32)
    private static let failedKey = String(repeating: "cd", count: 32)

    /// A package that was made two hours ago, and a derivation that failed a minute ago.
    private func fill(_ fixture: CLIFixture) throws {
        let logs = fixture.home.appending("logs")
        try Files.write("", to: fixture.home.appending("lock"), creatingFolders: true)
        let result = fixture.home.pushing("results").appending("\(Self.key).json")
        try Files.write(
            #"{"action": "package ruby-3.3.8-trim bookworm/amd64", "outputs": {}, "seconds": 20}"#,
            to: result, creatingFolders: true)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -7200)], ofItemAtPath: result.string)
        try Files.write(
            "packed\n", to: logs.appending("\(Self.key.prefix(16)).log"), creatingFolders: true)
        try Files.write("cc1: error\n", to: logs.appending("\(Self.failedKey.prefix(16)).log"))
        let record = """
            {"schema": 1, "action": "derive ruby-3.3.8-trim bookworm/amd64",
             "key": "\(Self.failedKey)", "seconds": 4.5,
             "when": \(Date(timeIntervalSinceNow: -60).timeIntervalSinceReferenceDate),
             "message": "`derive ruby-3.3.8-trim bookworm/amd64` failed at step `make`",
             "step": {"title": "make", "sandbox": {
               "profile": "build", "root": "roots/r", "environment": {"WORD": "so"},
               "workingDirectory": "/build", "arguments": ["make", "-j2"],
               "binds": [{"source": "failures/1/workspace/build", "target": "/build",
                          "isReadOnly": false}]}}}
            """
        let failure = fixture.home.pushing("failures/1")
        try Files.write(record, to: failure.appending("record.json"), creatingFolders: true)
        try Files.write(
            "kept\n", to: failure.pushing("workspace/build/file"), creatingFolders: true)
    }

    @Test func logsListsTheNewestFirst() async throws {
        try await CLIFixture.with { fixture in
            try fill(fixture)
            let result = try await fixture.run("logs", in: "/")
            #expect(result.succeeded)
            #expect(result.standardError.isEmpty)
            let lines = result.standardOutput.split(separator: "\n").map(String.init)
            #expect(lines.count == 3)
            #expect(lines[0].split(separator: " ") == ["WHEN", "TOOK", "ACTION", "OUTCOME", "LOG"])
            #expect(
                lines[1].contains(
                    /[0-9]m[0-9][0-9]s ago +4.5s +derive ruby-3.3.8-trim bookworm\/amd64 +failed at make +\//
                ))
            #expect(lines[2].contains("2h00m ago"))
            #expect(lines[2].hasSuffix("\(Self.key.prefix(16)).log"))
            let failed = try await fixture.run("logs", "--failed", in: "/")
            #expect(failed.standardOutput.split(separator: "\n").count == 2)
        }
    }

    @Test func logsAsJSONHasItsKeys() async throws {
        try await CLIFixture.with { fixture in
            try fill(fixture)
            let json = try await fixture.run("logs", "--json", in: "/").json()
            #expect(json.keys.sorted() == ["actions", "schema"])
            let actions = try #require(json["actions"] as? [[String: Any]])
            #expect(actions.map { $0["outcome"] as? String } == ["failed", "done"])
            #expect(
                actions[0].keys.sorted() == [
                    "action", "finished", "hasSandbox", "key", "log", "message", "outcome",
                    "seconds", "step",
                ])
            #expect(
                actions[1].keys.sorted()
                    == ["action", "finished", "key", "log", "outcome", "seconds"])
        }
    }

    @Test(arguments: [
        (["3.3@trim:bookworm/amd64"], "cc1: error\n"), (["derive"], "cc1: error\n"),
        (["3.3@trim:bookworm/amd64", "--action", "package"], "packed\n"),
        (["package", "ruby-3.3.8-trim"], "packed\n"),
    ])
    func logsPrintsTheLogThatIsMeant(arguments: [String], expected: String) async throws {
        try await CLIFixture.with { fixture in
            try fill(fixture)
            let result = try await SubprocessRunner().capture(
                try fixture.command(["logs"] + arguments))
            #expect(result.succeeded, "\(result.standardError)")
            #expect(result.standardOutput == expected)
        }
    }

    @Test func logsPrintsAllInOrder() async throws {
        try await CLIFixture.with { fixture in
            try fill(fixture)
            let result = try await fixture.run("logs", "--all", "3.3@trim:bookworm/amd64")
            let lines = result.standardOutput.split(separator: "\n")
            #expect(lines.count == 4)
            #expect(lines[0].hasPrefix("==> package ruby-3.3.8-trim bookworm/amd64: done 2h00m"))
            #expect(lines[1] == "packed")
            #expect(lines[3] == "cc1: error")
        }
    }

    @Test(arguments: [
        (["logs", "derve"], 64, "did you mean `derive`?"),
        (["logs", "derive", "ruby-3.3.8-tirm"], 64, "known: derive ruby-3.3.8-trim bookworm"),
        (["logs", "3.3@tirm"], 64, "did you mean `trim`?"),
        (["logs", "3.3@trim:bookworm", "--action", "derve"], 64, "did you mean `derive`?"),
        (["logs", "--action", "derive"], 64, "name one"),
        (["logs", "3.3@plain:bookworm/amd64"], 1, "run it: lapidary build 3.3@plain:bookworm"),
        (["shell", "derve", "--", "true"], 64, "did you mean `derive`?"),
        (["shell", "3.3@tirm", "--", "true"], 64, "did you mean `trim`?"),
        (["shell"], 64, "<subject>"),
        (
            ["shell", "3.3@plain:bookworm/amd64", "--", "true"], 1,
            "make it: lapidary build 3.3.8@p"
        ),
        (["shell", "package ruby-3.3.8-trim", "--", "true"], 1, "opens the root"),
        (["shell", "derive"], 64, "lapidary shell 'derive' -- COMMAND"),
    ])
    func whatIsUnknownOrMissingIsNamed(arguments: [String], code: Int, words: String) async throws {
        try await CLIFixture.with { fixture in
            try fill(fixture)
            try Files.createDirectory(fixture.home.pushing("roots/r"))
            let result = try await SubprocessRunner().capture(try fixture.command(arguments))
            #expect(result.ending == .exited(code), "\(result.standardError)")
            #expect(result.standardError.contains(words), "\(result.standardError)")
            #expect(result.standardOutput.isEmpty)
        }
    }

    @Test func anEmptyHomeHasNothingToShow() async throws {
        try await CLIFixture.with { fixture in
            let list = try await fixture.run("logs", in: "/")
            #expect(list.succeeded)
            #expect(list.standardError == "no such action ran in \(fixture.home)\n")
            for arguments in [["logs", "derive"], ["shell", "derive", "--", "true"]] {
                let result = try await SubprocessRunner().capture(try fixture.command(arguments))
                #expect(result.ending == .exited(1))
                #expect(result.standardError.contains("hint: run `lapidary build`"))
            }
            #expect(!Files.exists(fixture.home))
        }
    }

    @Test(.enabled(if: Programs.has("bwrap"), "SKIPPED: bubblewrap is not installed here"))
    func shellRunsACommandInTheSandboxAsItFailed() async throws {
        try await CLIFixture.with { fixture in
            try fill(fixture)
            try await SmallRoot.make(in: fixture.home.pushing("roots/r"))
            let result = try await fixture.run(
                "shell", "3.3@trim:bookworm/amd64", "--", "sh", "-c",
                "cat file; echo $WORD; cat /tmp/step; exit 5")
            #expect(result.ending == .exited(5), "\(result.standardError)")
            #expect(
                result.standardOutput
                    == "kept\nso\n#!/bin/sh\ncd /build && exec make -j2\n")
            #expect(
                result.standardError.contains(
                    /^`derive .*` failed [0-9]m[0-9][0-9]s ago at step `make`; \/tmp\/step repeats it: make -j2\n$/
                ), "\(result.standardError)")
        }
    }

    /// What a person types on a terminal: script(1) makes one.
    @Test(
        .timeLimit(.minutes(10)),
        .enabled(
            if: Programs.has("bwrap") && Programs.has("script"),
            "SKIPPED: bubblewrap or script is not installed here"))
    func anInteractiveShellHasTheTerminalAndCtrlCIsForIt() async throws {
        try await CLIFixture.with { fixture in
            try fill(fixture)
            try await SmallRoot.make(in: fixture.home.pushing("roots/r"))
            let lapidary = try fixture.command(["shell", "derive"], environment: ["TERM": "vt100"])
            let typed = fixture.folder.appending("typed")
            try Files.write(
                """
                sleep 2; for s in 'cat file' 'echo $TERM' 'sleep 50'; do echo "$s"; sleep 1; done
                printf '\\003'; sleep 1; echo 'echo "code $?"'; sleep 1; echo 'exit 5'; sleep 2
                """, to: typed)
            let result = try await SubprocessRunner().capture(
                Command(
                    "sh",
                    [
                        "-c", #"sh "$0" | script --quiet --return --command "$1" /dev/null"#,
                        typed.string, lapidary.displayed,
                    ], workingDirectory: fixture.project))
            #expect(result.ending == .exited(5), "\(result.standardOutput)")
            #expect(result.standardOutput.contains("kept\r\n"))
            #expect(result.standardOutput.contains("vt100\r\n"))
            #expect(result.standardOutput.contains("code 130\r\n"))
            #expect(!result.standardOutput.contains("no job control"))
        }
    }
}

extension Files {
    fileprivate static func write(_ text: String, to path: FilePath, creatingFolders: Bool) throws {
        if creatingFolders { try createDirectory(path.removingLastComponent()) }
        try write(text, to: path)
    }
}
