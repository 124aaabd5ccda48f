import Foundation
import HostSystem
import SystemPackage

/// A control group of the kernel around one sandbox (cgroups(7)): it holds how many processes there
/// are, also for root's own, and how much memory they have together.
///
/// One can be made by root where the cgroup file system is writable, and by a user to whom systemd
/// delegated the group above (`systemd-run --user`, a desktop's terminal).
package struct ControlGroup: Sendable {
    private let folder: FilePath

    /// Whether one can be made here.
    package static var isPossible: Bool {
        guard let group = make(.standard) else { return false }
        group.remove()
        return true
    }

    /// Makes a group with limits; nil where the kernel or its owner does not let us.
    static func make(
        _ limits: Limits, root: FilePath = "/sys/fs/cgroup",
        membership: String? = try? Files.readText("/proc/self/cgroup")
    ) -> ControlGroup? {
        let name = "lapidary-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        for parent in parents(membership: membership ?? "", root: root) {
            removeAbandoned(in: parent)
            let folder = parent.appending(name)
            guard mkdir(folder.string, 0o755) == 0 else { continue }
            let group = ControlGroup(folder: folder)
            // The file is there only where the controller is switched on.
            if set("pids.max", to: Int64(limits.processes) * 2, in: folder) {
                _ = set("memory.max", to: limits.memory, in: folder)
                return group
            }
            group.remove()
        }
        return nil
    }

    /// Where a group could be made, by the lines `ID:CONTROLLERS:PATH` of /proc/self/cgroup.
    ///
    /// In version 2 a group with processes has no groups with limits below it, but for the root, so
    /// ours stands beside the one that we are in. Of version 1 only the controller of processes is
    /// used: memory is watched anyhow.
    static func parents(membership: String, root: FilePath) -> [FilePath] {
        membership.split(whereSeparator: \.isNewline).flatMap { line -> [FilePath] in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [] }
            let own = FilePath(String(parts[2].drop { $0 == "/" }))
            switch parts[1] {
            case "":
                return own.isEmpty
                    ? [root] : [root.pushing(own).removingLastComponent()]
            case "pids": return [root.appending("pids").pushing(own)]
            default: return []
            }
        }
    }

    /// Removes the groups of runs that were killed; the kernel keeps any that still has processes.
    private static func removeAbandoned(in parent: FilePath) {
        for name in (try? Files.names(in: parent)) ?? [] where name.hasPrefix("lapidary-") {
            let words = name.split(separator: "-")
            guard words.count == 3, let owner = Int32(words[1]), owner > 1 else { continue }
            if kill(owner, 0) != 0, errno == ESRCH { rmdir(parent.appending(name).string) }
        }
    }

    /// The command with its first process moving itself into the group before it does anything.
    ///
    /// To move it from outside would leave out whatever it has started by then, and nothing starts
    /// processes faster than a fork bomb. 0 stands for the process that writes (cgroups(7)).
    func entered(by command: Command) -> Command {
        command.after([
            "sh", "-c", #"echo 0 >"$0" 2>/dev/null; exec "$@""#,
            folder.appending("cgroup.procs").string,
        ])
    }

    /// Removes the group; its processes have ended.
    package func remove() {
        // The kernel may count a process that has just ended for a moment longer.
        for _ in 0..<50 {
            if rmdir(folder.string) == 0 || errno != EBUSY { return }
            usleep(10_000)
        }
    }

    private static func set(_ file: String, to value: Int64, in folder: FilePath) -> Bool {
        guard
            let descriptor = try? FileDescriptor.open(
                folder.appending(file), .writeOnly, options: .closeOnExec)
        else { return false }
        return (try? descriptor.closeAfter { try descriptor.writeAll(String(value).utf8) }) != nil
    }
}
