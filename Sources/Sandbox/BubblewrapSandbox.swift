import Foundation
package import HostSystem
package import SystemPackage

/// Runs programs in bubblewrap: no network, nothing of the host but what is bound in.
package struct BubblewrapSandbox: Sendable {
    /// Folders that must exist in every root: bubblewrap cannot make mount points in a read-only one.
    package static let mountPoints: [FilePath] = [
        "/build", "/inputs", "/outputs", "/proc", "/dev", "/tmp",
    ]

    /// The environment every program starts from; nothing of the host's comes through.
    package static let baseEnvironment = [
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
    private let limits: Limits
    private let world: SandboxWorld

    package init(
        runner: any CommandRunner, privileges: Privileges = .current, limits: Limits = .standard,
        world: SandboxWorld = .usual
    ) {
        self.runner = runner
        self.privileges = privileges
        self.limits = limits
        self.world = world
    }

    /// What is run for a spec.
    ///
    /// An ordinary user's programs run among the same ids as root's do, so that they see the same.
    private func command(for spec: SandboxSpec) -> Command {
        // When memory runs out the kernel shall end the sandbox, not lapidary (oom_score_adj of
        // proc(5)); and lapidary comes first to the processor, to end what runs wild.
        let bounded = Self.command(for: spec, temporary: limits.temporary, world: world)
            .after(
                world.startedBy + limits.words + ["nice", "-n", "5", "choom", "-n", "1000", "--"])
        return privileges.withSystemIDs(bounded, apartFrom: .processes)
    }

    /// The bubblewrap invocation for a spec; see bwrap(1) for each option.
    ///
    /// - Parameters:
    ///   - spec: what to run.
    ///   - temporary: how many bytes may lie in /tmp, and in /dev/shm.
    ///   - world: what the program may notice of who builds, and where.
    /// - Returns: the invocation.
    static func command(
        for spec: SandboxSpec, temporary: Int64 = Limits.standard.temporary,
        world: SandboxWorld = .usual
    ) -> Command {
        var arguments: [String]
        switch spec.profile {
        case .build:
            arguments = [
                "--ro-bind", spec.root.string, "/", "--unshare-all", "--unshare-user",
                "--uid", String(world.user), "--gid", String(world.group), "--cap-drop", "ALL",
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
            "--new-session", "--die-with-parent", "--hostname", world.hostName,
            // Read-only, for the files below /proc/sys obey whoever is root on the machine, even
            // without a capability: `core_pattern` names a program that the kernel runs.
            "--proc", "/proc", "--remount-ro", "/proc",
            "--dev", "/dev", "--perms", "1777", "--size", String(temporary), "--tmpfs", "/dev/shm",
            "--remount-ro", "/dev",
            "--perms", "1777", "--size", String(temporary), "--tmpfs", "/tmp",
        ]
        for bind in spec.binds + world.binds(below: spec.root) {
            arguments += [
                bind.isReadOnly ? "--ro-bind" : "--bind", bind.source.string, bind.target.string,
            ]
        }
        let environment = world.applied(to: baseEnvironment.merging(spec.environment) { $1 })
        arguments.append("--clearenv")
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            arguments += ["--setenv", name, value]
        }
        arguments += ["--chdir", spec.workingDirectory.string, "--"]
        return Command("bwrap", arguments + spec.arguments)
    }

    /// Runs to the end, or to a limit, with all output appended to a log.
    ///
    /// - Parameters:
    ///   - spec: what to run.
    ///   - log: where its output goes.
    ///   - onStart: is told the id of the process that was started, from which the program's descends.
    /// - Returns: how it ended.
    /// - Throws: `Failure` of kind `environment` when the disk of a writable folder is full.
    package func run(
        _ spec: SandboxSpec, appendingTo log: FilePath,
        onStart: @escaping @Sendable (Int32) -> Void = { _ in }
    ) async throws -> CommandResult.Ending {
        let start = (try? Files.size(of: log)) ?? 0
        let (ending, excess) = try await watching(spec, log: (log, start)) { command, started in
            try await runner.run(command, appendingTo: log) { leader in
                started(leader)
                onStart(leader)
            }
        }
        if case .log(let limit) = excess { try Files.truncate(log, to: start + limit) }
        return try judged(ending, excess, spec)
    }

    /// Runs to the end, or to a limit, and captures what it printed.
    ///
    /// - Throws: `Failure` of kind `environment` when the disk of a writable folder is full.
    package func capture(_ spec: SandboxSpec) async throws -> CommandResult {
        let (result, excess) = try await watching(spec, log: nil) { command, started in
            try await runner.capture(command, started: started)
        }
        return CommandResult(
            ending: try judged(result.ending, excess, spec),
            standardOutput: result.standardOutput, standardError: result.standardError)
    }

    private func watching<Value>(
        _ spec: SandboxSpec, log: (path: FilePath, start: Int64)?,
        _ body: (Command, @escaping @Sendable (Int32) -> Void) async throws -> Value
    ) async throws -> (Value, Excess?) {
        let group = ControlGroup.make(limits)
        defer { group?.remove() }
        let command = command(for: spec)
        let watch = SandboxWatch(limits: limits, folders: spec.writableFolders, log: log)
        let guardian = SandboxGuardian(watch: watch)
        defer { guardian.stop() }
        let value = try await withTaskCancellationHandler {
            try await body(group?.entered(by: command) ?? command) { guardian.start(leader: $0) }
        } onCancel: {
            guardian.end()
        }
        return (value, guardian.excess)
    }

    /// What to make of how it ended, and of the limit that it went past.
    private func judged(_ ending: CommandResult.Ending, _ excess: Excess?, _ spec: SandboxSpec)
        throws -> CommandResult.Ending
    {
        guard ending != .exited(0) else { return ending }
        for folder in spec.writableFolders {
            let free = try Files.freeBytes(at: folder)
            guard free < limits.reserve else { continue }
            throw DiskSpace.full(
                at: folder, free: free,
                needed: "\(DiskSpace.size(limits.reserve)) needed to go on")
        }
        if let excess { return .stopped(because: excess.sentence) }
        // A shell gives 128 and the number of the signal that ended its program.
        let isTooLarge = [.killed(signal: Int(SIGXFSZ)), .exited(128 + Int(SIGXFSZ))]
            .contains(ending)
        return isTooLarge ? .stopped(because: Excess.files(limits.files).sentence) : ending
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
