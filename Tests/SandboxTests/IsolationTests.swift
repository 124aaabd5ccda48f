import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Sandbox

/// What a program in the sandbox can and cannot do, tried with the machine's own root.
@Suite(.enabled(if: Programs.has("bwrap"), "SKIPPED: bubblewrap is not installed here"))
struct IsolationTests {
    private let sandbox = BubblewrapSandbox(runner: SubprocessRunner())

    private func spec(
        _ script: String, binds: [SandboxSpec.Bind] = [], environment: [String: String] = [:],
        profile: SandboxSpec.Profile = .build
    ) -> SandboxSpec {
        SandboxSpec(
            profile: profile, root: "/", binds: binds, environment: environment,
            workingDirectory: "/", arguments: ["bash", "-c", script])
    }

    private func output(_ script: String, profile: SandboxSpec.Profile = .build) async throws
        -> String
    {
        let result = try await sandbox.capture(spec(script, profile: profile))
        #expect(result.succeeded, "\(result.standardError)")
        return result.standardOutput
    }

    @Test func aSandboxCanBeMade() async throws {
        #expect(try await sandbox.tryItOut().succeeded)
    }

    @Test func streamsAndExitCodeComeThrough() async throws {
        let result = try await sandbox.capture(spec("echo out; echo err >&2; exit 7"))
        #expect(result.ending == .exited(7))
        #expect(result.standardOutput == "out\n")
        #expect(result.standardError == "err\n")
        try await Scratch.with { folder in
            let log = folder.appending("log")
            let ending = try await sandbox.run(spec("echo out; exit 3"), appendingTo: log)
            #expect(ending == .exited(3))
            #expect(try Files.readText(log) == "out\n")
        }
    }

    @Test(arguments: [SandboxSpec.Profile.build, .install])
    func thereIsNoNetwork(profile: SandboxSpec.Profile) async throws {
        try #require(profile == .build || Programs.areRunAsRoot)
        try await LoopbackServer.with { server in
            let script = "exec 3<>/dev/tcp/127.0.0.1/\(server.port)"
            let outside = try await SubprocessRunner().capture(Command("bash", ["-c", script]))
            #expect(outside.succeeded)
            let inside = try await sandbox.capture(spec(script, profile: profile))
            #expect(!inside.succeeded)
            #expect(inside.standardError.contains("Connection refused"))
        }
        let devices = "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '"
        #expect(try await output(devices, profile: profile) == "lo\n")
    }

    @Test func theEnvironmentIsTheFixedOneAndWhatWasAsked() async throws {
        var command = BubblewrapSandbox.command(
            for: spec("env -u PWD -u SHLVL -u _", environment: ["SOURCE_DATE_EPOCH": "1"]),
            temporary: 1_000_000)
        command.environment = ["LAPIDARY_SECRET": "token", "LD_PRELOAD": "", "TZ": "Asia/Tokyo"]
        let result = try await SubprocessRunner().capture(command)
        #expect(result.succeeded)
        #expect(
            result.standardOutput.split(separator: "\n").sorted() == [
                "HOME=/nonexistent", "LC_ALL=C.UTF-8",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "SOURCE_DATE_EPOCH=1", "TMPDIR=/tmp", "TZ=UTC",
            ])
    }

    @Test(arguments: ["/usr/lapidary-test", "/etc/lapidary-test", "/lapidary-test"])
    func theRootIsReadOnly(path: String) async throws {
        let result = try await sandbox.capture(spec(": > \(path)"))
        #expect(!result.succeeded)
        #expect(result.standardError.contains("Read-only file system"))
        #expect(!Files.exists(FilePath(path)))
    }

    @Test func programsAreAnOrdinaryUserWithoutCapabilities() async throws {
        #expect(try await output("id -u; id -g") == "1000\n1000\n")
        let status = try await output("grep -E '^(Cap|NoNewPrivs)' /proc/self/status | tr -d '\\t'")
        #expect(
            status == """
                CapInh:0000000000000000
                CapPrm:0000000000000000
                CapEff:0000000000000000
                CapBnd:0000000000000000
                CapAmb:0000000000000000
                NoNewPrivs:1

                """)
    }

    @Test(.enabled(if: Programs.areRunAsRoot, "SKIPPED: the install profile needs root"))
    func installingHasTheCapabilitiesOfDpkgAndNoMore() async throws {
        // CHOWN 0, DAC_OVERRIDE 1, FOWNER 3, FSETID 4, SETGID 6, SETUID 7 (capabilities(7)).
        // The bounding set is the kernel's, which no_new_privs makes harmless.
        let status = try await output(
            "id -u; grep -E '^(CapPrm|CapEff|NoNew)' /proc/self/status | tr -d '\\t'",
            profile: .install)
        #expect(
            status == "0\nCapPrm:00000000000000db\nCapEff:00000000000000db\nNoNewPrivs:1\n")
    }

    @Test func processesOfTheHostAreInvisible() async throws {
        #expect(try await output("cd /proc; echo [0-9]*") == "1 2\n")
        let me = ProcessInfo.processInfo.processIdentifier
        let result = try await sandbox.capture(spec("kill -0 \(me)"))
        #expect(!result.succeeded)
    }

    @Test func theTemporaryFolderIsFreshAndForEverybody() async throws {
        try await Scratch.with { folder in
            try Files.write("secret", to: folder.appending("secret"))
            #expect(
                try await output("stat -c %a /tmp; ls -A /tmp; echo x > /tmp/x; cat /tmp/x")
                    == "1777\nx\n")
            let result = try await sandbox.capture(spec("cat \(folder)/secret"))
            #expect(!result.succeeded)
            #expect(result.standardError.contains("No such file"))
        }
    }

    @Test func theHostNameIsFixed() async throws {
        #expect(try await output("uname -n") == "lapidary\n")
    }

    @Test func devicesOfTheHostAreInvisible() async throws {
        let names = try await output("ls /dev").split(separator: "\n").map(String.init)
        #expect(
            Set(names).isSubset(of: [
                "console", "core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr",
                "stdin", "stdout", "tty", "urandom", "zero",
            ]), "\(names)")
    }

    @Test func thereIsNoTerminalToTypeInto() async throws {
        let result = try await sandbox.capture(spec(": < /dev/tty"))
        #expect(!result.succeeded)
    }

    @Test func bindsAreReadOnlyOrWritableAsAsked() async throws {
        try await Scratch.with { folder in
            for name in ["in", "out"] { try Files.createDirectory(folder.appending(name)) }
            try Files.write("input", to: folder.appending("in/file"))
            let binds = [
                SandboxSpec.Bind(folder.appending("in"), at: "/tmp/in", isReadOnly: true),
                SandboxSpec.Bind(folder.appending("out"), at: "/tmp/out", isReadOnly: false),
            ]
            let result = try await sandbox.capture(
                spec("cat /tmp/in/file > /tmp/out/copy; echo x >> /tmp/in/file", binds: binds))
            #expect(!result.succeeded)
            #expect(result.standardError.contains("Read-only file system"))
            #expect(try Files.readText(folder.appending("in/file")) == "input")
            #expect(try Files.readText(folder.appending("out/copy")) == "input")
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func cancellationEndsEverythingInside() async throws {
        try await Scratch.with { folder in
            let binds = [SandboxSpec.Bind(folder, at: "/tmp/out", isReadOnly: false)]
            // It ignores SIGTERM, and would make the mark later.
            let script =
                "trap '' TERM; echo go > /tmp/out/ready; sleep 1000.0003; echo x > /tmp/out/mark"
            let task = Task { try await sandbox.capture(spec(script, binds: binds)) }
            #expect(try await eventually { Files.exists(folder.appending("ready")) })
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            let isGone = try await eventually {
                try LimitTests.processes(with: "1000.0003").isEmpty
            }
            #expect(isGone)
            #expect(try Files.names(in: folder) == ["ready"])
        }
    }
}
