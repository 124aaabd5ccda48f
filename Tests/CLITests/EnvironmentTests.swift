import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

/// What the machine cannot do, or does not let the program do: exit code 3, or a signal's.
@Suite struct EnvironmentTests {
    /// A folder of links to the programs on PATH, without some of them.
    private func searchPath(without missing: Set<String>, in folder: FilePath) throws -> String {
        let tools = folder.appending("tools")
        try Files.createDirectory(tools)
        let wanted = [
            "apt-config", "apt-get", "bwrap", "cp", "curl", "dpkg-deb", "find", "gpg", "gpgv",
            "gzip",
            "mmdebstrap", "newgidmap", "newuidmap", "prlimit", "setpriv", "tar", "true", "unshare",
            "xz",
        ]
        for name in wanted where !missing.contains(name) {
            guard let path = Programs.path(of: name) else { continue }
            try FileManager.default.createSymbolicLink(
                atPath: tools.appending(name).string, withDestinationPath: path)
        }
        return tools.string
    }

    @Test func doctorNamesAMissingProgramAndItsPackage() async throws {
        try await CLIFixture.with { fixture in
            let path = try searchPath(without: ["bwrap", "xz"], in: fixture.folder)
            // env(1) itself is looked up by the test's own PATH.
            let result = try await fixture.run("doctor", environment: ["PATH": path])
            #expect(result.ending == .exited(3))
            #expect(result.standardOutput.contains("programs: missing programs: "))
            #expect(result.standardOutput.contains("bwrap"))
            #expect(result.standardOutput.contains(/apt-get install .*bubblewrap.* xz-utils\n/))
            #expect(
                result.standardOutput.contains("sandbox: bubblewrap cannot make a sandbox here: "))
            #expect(result.standardError.contains(/error: [0-9] of 9 checks failed/))
        }
    }

    @Test func doctorAsJSONHasItsKeys() async throws {
        try await CLIFixture.with { fixture in
            let path = try searchPath(without: ["bwrap"], in: fixture.folder)
            let result = try await fixture.run("doctor", "--json", environment: ["PATH": path])
            #expect(result.ending == .exited(3))
            let json = try result.json()
            #expect(json.keys.sorted() == ["checks", "schema"])
            let checks = try #require(json["checks"] as? [[String: Any]])
            #expect(
                checks.map { $0["check"] as? String } == [
                    "privileges", "home file system", "disk", "programs", "archive keyring",
                    "sandbox", "limits", "mirror", "charts",
                ])
            let programs = try #require(checks.first { $0["check"] as? String == "programs" })
            #expect(programs.keys.sorted() == ["check", "finding", "ok", "remedy", "verdict"])
            #expect(programs["ok"] as? Bool == false)
        }
    }

    @Test func aBuildWithoutASandboxStopsBeforeAnyWork() async throws {
        try await CLIFixture.with { fixture in
            let path = try searchPath(without: ["bwrap"], in: fixture.folder)
            let result = try await fixture.run(
                "build", "3.3@plain:bookworm", environment: ["PATH": path])
            #expect(result.ending == .exited(3))
            #expect(result.standardOutput.isEmpty)
            #expect(result.standardError.contains("error: "))
            #expect(result.standardError.contains("hint: "))
            #expect(try Files.names(in: fixture.home.appending("tmp")) == [])
        }
    }

    @Test(arguments: [["--home"], []])
    func aHomeThatCannotBeWrittenIsNamed(option: [String]) async throws {
        try await CLIFixture.with { fixture in
            let file = fixture.folder.appending("file")
            try Files.write("", to: file)
            let home = file.appending("home").string
            let result = try await SubprocessRunner().capture(
                try fixture.command(
                    ["build", "3.3@plain:bookworm"] + option.flatMap { [$0, home] },
                    environment: option.isEmpty ? ["LAPIDARY_HOME": home] : [:]))
            #expect(result.ending == .exited(3))
            #expect(result.standardError.contains("error: cannot create the folder `\(home)`"))
        }
    }

    /// Holds the home's lock in another process while a body runs.
    private func whileLocked(_ fixture: CLIFixture, _ body: () async throws -> Void) async throws {
        try Files.createDirectory(fixture.home)
        let lock = fixture.home.appending("lock")
        let mark = fixture.folder.appending("locked")
        try Files.write("lapidary build (process 42)", to: lock)
        let holder = Command(
            "flock",
            ["--no-fork", lock.string, "sh", "-c", "echo $$ > \(mark); exec sleep 600"])
        try await whileRunning(holder) {
            try #require(try await eventually { Processes.number(in: mark) != nil })
            try await body()
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func aBusyHomeIsNotWaitedForWhenAsked() async throws {
        try await CLIFixture.with { fixture in
            try await whileLocked(fixture) {
                let result = try await fixture.run("build", "--no-wait", "3.3@plain:bookworm")
                #expect(result.ending == .exited(3))
                #expect(
                    result.standardError == """
                        error: the home `\(fixture.home)` is in use by lapidary build (process 42)
                        hint: leave out --no-wait to wait for it, or use another --home

                        """)
            }
        }
    }

    @Test(
        .timeLimit(.minutes(10)), arguments: [(SIGINT, 130, "Ctrl-C"), (SIGTERM, 143, "SIGTERM")])
    func aSignalStopsWaitingWithItsOwnExitCode(signal: Int32, code: Int, word: String)
        async throws
    {
        try await CLIFixture.with { fixture in
            try await whileLocked(fixture) {
                let pid = fixture.folder.appending("pid")
                let log = fixture.folder.appending("log")
                let command = try fixture.command(["build", "3.3@plain:bookworm"])
                let shell = Command(
                    "sh", ["-c", "echo $$ > \(pid); exec \(command.displayed)"],
                    workingDirectory: fixture.project)
                let task = Task { try await SubprocessRunner().run(shell, appendingTo: log) }
                let isWaiting = try await eventually {
                    (try? Files.readText(log))?
                        .contains("waiting for lapidary build (process 42)") == true
                }
                #expect(isWaiting)
                kill(pid_t(try #require(Processes.number(in: pid))), signal)
                #expect(try await task.value == .exited(code))
                let text = try Files.readText(log)
                #expect(text.contains("error: stopped by \(word)\n"))
                #expect(text.contains("hint: what was finished is kept"))
            }
        }
    }
}
