import HostSystem
import SystemPackage
import Testing

@testable import Sandbox

/// The exact bubblewrap invocations: a change here changes what foreign programs may do.
@Suite struct ArgumentTests {
    private func spec(_ profile: SandboxSpec.Profile) -> SandboxSpec {
        SandboxSpec(
            profile: profile, root: "/roots/one",
            binds: [
                .init("/place/build", at: "/build", isReadOnly: false),
                .init("/place/inputs", at: "/inputs", isReadOnly: true),
            ],
            environment: ["ZSTD_CLEVEL": "1", "HOME": "/tmp"], workingDirectory: "/build",
            arguments: ["make", "-j2", "--", "two words"])
    }

    private let common = [
        "--new-session", "--die-with-parent", "--hostname", "lapidary",
        "--proc", "/proc", "--remount-ro", "/proc",
        "--dev", "/dev", "--perms", "1777", "--size", "5000", "--tmpfs", "/dev/shm",
        "--remount-ro", "/dev", "--perms", "1777", "--size", "5000", "--tmpfs", "/tmp",
        "--bind", "/place/build", "/build", "--ro-bind", "/place/inputs", "/inputs",
        "--clearenv",
        "--setenv", "HOME", "/tmp", "--setenv", "LC_ALL", "C.UTF-8",
        "--setenv", "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "--setenv", "TMPDIR", "/tmp", "--setenv", "TZ", "UTC", "--setenv", "ZSTD_CLEVEL", "1",
        "--chdir", "/build", "--", "make", "-j2", "--", "two words",
    ]

    @Test func theBuildProfileHasAReadOnlyRootAndNoPrivileges() {
        let command = BubblewrapSandbox.command(for: spec(.build), temporary: 5000)
        #expect(command.executable == "bwrap")
        #expect(command.environment == [:])
        #expect(
            command.arguments == [
                "--ro-bind", "/roots/one", "/", "--unshare-all", "--unshare-user",
                "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL",
            ] + common)
    }

    @Test func theInstallProfileHasAWritableRootAndWhatDpkgNeeds() {
        let command = BubblewrapSandbox.command(for: spec(.install), temporary: 5000)
        #expect(
            command.arguments == [
                "--bind", "/roots/one", "/", "--unshare-ipc", "--unshare-pid", "--unshare-net",
                "--unshare-uts", "--unshare-cgroup-try", "--cap-drop", "ALL",
                "--cap-add", "CAP_CHOWN", "--cap-add", "CAP_DAC_OVERRIDE",
                "--cap-add", "CAP_FOWNER", "--cap-add", "CAP_FSETID", "--cap-add", "CAP_SETGID",
                "--cap-add", "CAP_SETUID",
            ] + common)
    }

    @Test func theRunnersArgumentsCannotBecomeOptions() {
        let spec = SandboxSpec(
            profile: .build, root: "/", binds: [], environment: [:], workingDirectory: "/",
            arguments: ["--bind", "/", "/host"])
        let arguments = BubblewrapSandbox.command(for: spec, temporary: 5000).arguments
        #expect(arguments.suffix(4) == ["--", "--bind", "/", "/host"])
        #expect(!arguments.dropLast(4).contains("/host"))
    }
}
