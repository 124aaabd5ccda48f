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

    /// What a command is kept apart from.
    package enum Separation: Sendable, Hashable {
        case none
        /// It has processes of its own: when it has ended, so has everything that it started.
        case processes
        /// It has processes and mounts of its own, and no network. For programs that need no
        /// sandbox of our making, since they mount and change their root themselves.
        case machine
    }

    /// A command as the root of a whole system: capabilities over all its ids, and no groups of
    /// the caller's.
    package func withSystemIDs(_ command: Command, apartFrom separation: Separation = .none)
        -> Command
    {
        // The first process of a process namespace takes all others with it, and who waits for it
        // waits for them (pid_namespaces(7)).
        let processes = ["--pid", "--fork", "--kill-child", "--mount-proc"]
        let namespaces =
            switch separation {
            case .none: [String]()
            case .processes: processes
            case .machine: processes + ["--ipc", "--uts", "--net"]
            }
        switch self {
        case .root:
            return namespaces.isEmpty ? command : command.after(["unshare"] + namespaces + ["--"])
        case .subordinateIDs:
            let mapping = ["unshare", "--map-root-user", "--map-auto"]
            return command.after(mapping + namespaces + ["--", "setpriv", "--clear-groups", "--"])
        }
    }
}

extension Command {
    /// The same program, started by the last of other programs that end in `exec`.
    package func after(_ words: some Sequence<String>) -> Command {
        let all = Array(words) + [executable] + arguments
        var command = self
        command.executable = all[0]
        command.arguments = Array(all.dropFirst())
        return command
    }
}
