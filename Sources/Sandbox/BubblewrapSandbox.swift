import Diagnostics
package import HostSystem
package import SystemPackage

/// Runs programs in bubblewrap: no network, nothing of the host but what is bound in.
package struct BubblewrapSandbox: Sendable {
    /// Folders that must exist in every root: bubblewrap cannot make mount points in a read-only one.
    package static let mountPoints: [FilePath] = [
        "/build", "/inputs", "/outputs", "/proc", "/dev", "/tmp",
    ]

    /// The environment every program starts from; nothing of the host's comes through.
    static let baseEnvironment = [
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "TMPDIR": "/tmp",
        "TZ": "UTC",
    ]

    /// What dpkg needs to unpack, own and configure files (capabilities(7)).
    private static let installCapabilities = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_SETGID", "CAP_SETUID",
    ]

    private let runner: any CommandRunner

    package init(runner: any CommandRunner) {
        self.runner = runner
    }

    /// The bubblewrap invocation for a spec; see bwrap(1) for each option.
    package static func command(for spec: SandboxSpec) -> Command {
        var arguments: [String]
        switch spec.profile {
        case .build:
            arguments = [
                "--ro-bind", spec.root.string, "/", "--unshare-all", "--unshare-user",
                "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL",
            ]
        case .install:
            // No user namespace: a single mapped id would make apt fail on files of other owners.
            arguments = [
                "--bind", spec.root.string, "/", "--unshare-ipc", "--unshare-pid", "--unshare-net",
                "--unshare-uts", "--unshare-cgroup-try", "--cap-drop", "ALL",
            ]
            arguments += installCapabilities.flatMap { ["--cap-add", $0] }
        }
        arguments += [
            "--new-session", "--die-with-parent", "--hostname", "lapidary",
            "--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp",
        ]
        for bind in spec.binds {
            arguments += [
                bind.isReadOnly ? "--ro-bind" : "--bind", bind.source.string, bind.target.string,
            ]
        }
        let environment = baseEnvironment.merging(spec.environment) { $1 }
        arguments.append("--clearenv")
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            arguments += ["--setenv", name, value]
        }
        arguments += ["--chdir", spec.workingDirectory.string, "--"]
        return Command("bwrap", arguments + spec.arguments)
    }

    /// Runs to the end with all output appended to a log.
    package func run(_ spec: SandboxSpec, appendingTo log: FilePath) async throws
        -> CommandResult.Ending
    {
        try await runner.run(Self.command(for: spec), appendingTo: log)
    }

    /// Runs to the end and captures what it printed.
    package func capture(_ spec: SandboxSpec) async throws -> CommandResult {
        try await runner.capture(Self.command(for: spec))
    }

    /// Tries the smallest possible sandbox and explains why it cannot be made.
    ///
    /// - Throws: `Failure` of kind `environment` with the remedy.
    package func probe() async throws {
        let spec = SandboxSpec(
            profile: .build, root: "/", binds: [], environment: [:], workingDirectory: "/",
            arguments: ["true"])
        let result: CommandResult
        do {
            result = try await capture(spec)
        } catch let failure as Failure {
            throw Failure(
                .environment, "bubblewrap cannot be run: \(failure.message)",
                hint: "install it: apt-get install bubblewrap")
        }
        guard !result.succeeded else { return }
        let reason =
            result.standardError.split(whereSeparator: \.isNewline).first ?? "no reason given"
        throw Failure(
            .environment, "bubblewrap cannot make a sandbox here: \(reason)", hint: Self.remedy())
    }

    /// What usually forbids namespaces, by what the kernel says of itself.
    private static func remedy() -> String {
        let switches: [(file: FilePath, bad: String, remedy: String)] = [
            (
                "/proc/sys/user/max_user_namespaces", "0",
                "user namespaces are switched off: sysctl user.max_user_namespaces=15000"
            ),
            (
                "/proc/sys/kernel/unprivileged_userns_clone", "0",
                "user namespaces are for root only: sysctl kernel.unprivileged_userns_clone=1"
            ),
            (
                "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
                "AppArmor limits user namespaces:"
                    + " sysctl kernel.apparmor_restrict_unprivileged_userns=0"
            ),
        ]
        for (file, bad, remedy) in switches {
            let value = (try? Files.readText(file))?.filter { !$0.isWhitespace }
            if value == bad { return remedy }
        }
        return "in a container, run it with the privilege to make namespaces"
            + " (docker run --privileged, or a seccomp profile that allows unshare)"
    }
}
