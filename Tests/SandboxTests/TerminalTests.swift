import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Sandbox

/// What a program may do with the terminal that it is given.
@Suite(
    .enabled(
        if: Programs.has("bwrap") && Programs.has("perl"),
        "SKIPPED: bubblewrap or perl is not installed here"))
struct TerminalTests {
    /// Prints the errno of some ioctls on a file that is no terminal: 25 is ENOTTY, 1 is EPERM.
    private static let script = """
        for my $call (0x5412, 0x541C, 0x5413, 0x100005412) {
            my $data = "x" x 8;
            ioctl(STDIN, $call, $data) or print $! + 0, "\\n";
        }
        """

    private func spec() -> SandboxSpec {
        SandboxSpec(
            profile: .build, root: "/", binds: [], environment: [:], workingDirectory: "/",
            arguments: ["perl", "-e", Self.script])
    }

    @Test func typingIntoTheTerminalIsForbiddenAndNothingElse() async throws {
        try await Scratch.with { folder in
            let filter = folder.appending("filter")
            try Files.write(TerminalFilter.program, to: filter)
            let command = try TerminalSandbox.interactive(
                BubblewrapSandbox.command(for: spec(), temporary: 1_000_000), filter: filter)
            let result = try await SubprocessRunner().capture(command)
            #expect(result.standardOutput == "1\n1\n25\n1\n", "\(result.standardError)")
            // Without the filter each call comes through to a file that is no terminal.
            let control = try await SubprocessRunner().capture(
                BubblewrapSandbox.command(for: spec(), temporary: 1_000_000))
            #expect(control.standardOutput == "25\n25\n25\n25\n")
        }
    }

    @Test func anInteractiveSandboxDiffersInItsSessionAlone() throws {
        let plain = BubblewrapSandbox.command(for: spec(), temporary: 1_000_000)
        let command = try TerminalSandbox.interactive(plain, filter: "/f")
        #expect(command.executable == "sh")
        #expect(command.arguments.prefix(4) == ["-c", #"exec 3<"$0"; exec "$@""#, "/f", "bwrap"])
        var rest = Array(command.arguments.dropFirst(4))
        let index = try #require(rest.firstIndex(of: "--seccomp"))
        rest.replaceSubrange(index...(index + 1), with: ["--new-session"])
        #expect(rest == plain.arguments)
    }
}
