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
    private let privileges: Privileges

    package init(runner: any CommandRunner, privileges: Privileges = .current) {
        self.runner = runner
        self.privileges = privileges
    }

    /// What is run for a spec.
    ///
    /// An ordinary user's programs run among the same ids as root's do, so that they see the same.
    private func command(for spec: SandboxSpec) -> Command {
        privileges.withSystemIDs(Self.command(for: spec))
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
            // No user namespace of its own: a single mapped id would make apt fail on files of
            // other owners.
            arguments = [
                "--bind", spec.root.string, "/", "--unshare-ipc", "--unshare-pid", "--unshare-net",
                "--unshare-uts", "--unshare-cgroup-try", "--cap-drop", "ALL",
            ]
            arguments += installCapabilities.flatMap { ["--cap-add", $0] }
        }
        arguments += [
            "--new-session", "--die-with-parent", "--hostname", "lapidary",
            // Read-only, for the files below /proc/sys obey whoever is root on the machine, even
            // without a capability: `core_pattern` names a program that the kernel runs.
            "--proc", "/proc", "--remount-ro", "/proc",
            "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp",
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
        try await runner.run(command(for: spec), appendingTo: log)
    }

    /// Runs to the end and captures what it printed.
    package func capture(_ spec: SandboxSpec) async throws -> CommandResult {
        try await runner.capture(command(for: spec))
    }

    /// Runs a program that does nothing in the smallest possible sandbox, to see whether one can be
    /// made here.
    package func tryItOut() async throws -> CommandResult {
        try await capture(
            SandboxSpec(
                profile: .build, root: "/", binds: [], environment: [:], workingDirectory: "/",
                arguments: ["true"]))
    }
}
