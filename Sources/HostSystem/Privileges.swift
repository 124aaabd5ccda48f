import Foundation

/// How programs get the user ids of a whole Debian system, 0 to 65535: those that unpack packages,
/// make files of other owners, or read and delete such files.
package enum Privileges: Sendable, Hashable {
    /// Lapidary runs as root, and the ids are the machine's own.
    case root
    /// An ordinary user: the ids are the user's own (0 inside) and the user's subordinate ids
    /// (subuid(5), subgid(5)), in a user namespace made by unshare(1) with newuidmap(1).
    case subordinateIDs

    /// What this process has.
    package static var current: Privileges { geteuid() == 0 ? .root : .subordinateIDs }

    /// A command as the root of a whole system: capabilities over all its ids, and no groups of
    /// the caller's.
    package func withSystemIDs(_ command: Command) -> Command {
        switch self {
        case .root: command
        case .subordinateIDs: command.after(Self.mapping + Self.withoutGroups)
        }
    }

    /// A command as the root of a whole system, in namespaces of its own: no network, no process
    /// of the machine, and everything that it started ends with it.
    ///
    /// It needs no sandbox of its own making: mmdebstrap mounts and changes its root by itself.
    package func withSystemIDsAlone(_ command: Command) -> Command {
        // The first process of a process namespace takes all others with it (pid_namespaces(7)).
        let namespaces = [
            "--mount", "--ipc", "--uts", "--net", "--pid", "--fork", "--kill-child",
            "--mount-proc", "--",
        ]
        return switch self {
        case .root: command.after(["unshare"] + namespaces)
        case .subordinateIDs:
            command.after(Self.mapping.dropLast() + namespaces + Self.withoutGroups)
        }
    }

    private static let mapping = ["unshare", "--map-root-user", "--map-auto", "--"]
    private static let withoutGroups = ["setpriv", "--clear-groups", "--"]
}

extension Command {
    /// The same program, started by the last of other programs that end in `exec`.
    package func after(_ words: some Sequence<String>) -> Command {
        let all = Array(words) + [executable] + arguments
        return Command(
            all[0], Array(all.dropFirst()), environment: environment,
            workingDirectory: workingDirectory)
    }
}
