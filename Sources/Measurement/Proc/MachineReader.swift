import Foundation
import HostSystem
import SystemPackage

extension MachineFingerprint {
    /// Whatever tunes an allocator or Ruby from outside, by how the names of variables begin.
    private static let foreign = [
        "GLIBC_TUNABLES", "LD_PRELOAD", "MALLOC", "MIMALLOC_", "RUBY", "TCMALLOC_", "_RJEM_",
    ]

    /// The variables of an environment that the programs shall not get, sorted.
    package static func foreignVariables(in environment: [String: String]) -> [String] {
        environment.keys.filter { name in foreign.contains { name.hasPrefix($0) } }.sorted()
    }

    /// This machine, as far as it can be read.
    package static func current() -> MachineFingerprint {
        var names = utsname()
        uname(&names)
        return MachineFingerprint(
            kernel: text(of: names.release), architecture: text(of: names.machine),
            processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)),
            pageSize: sysconf(Int32(_SC_PAGESIZE)),
            transparentHugePages: (try? Files.readText(
                "/sys/kernel/mm/transparent_hugepage/enabled")).flatMap(chosen),
            swap: (try? Files.readText("/proc/meminfo"))
                .flatMap { ProcText.values(in: $0)["SwapTotal"] } ?? 0,
            groupLimits: ControlGroupFiles.limits(),
            cleared: foreignVariables(in: ProcessInfo.processInfo.environment))
    }

    /// The word in brackets of `always [madvise] never`.
    static func chosen(_ text: String) -> String? {
        text.firstMatch(of: /\[(\w+)\]/).map { String($0.1) }
    }

    private static func text<Characters>(of characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// Files of the control groups that a process is in (cgroups(7)), version 2 or 1.
enum ControlGroupFiles {
    /// By the version: what limits memory and processors.
    private static let limiting = [
        "memory.max", "memory.high", "cpu.max", "memory.limit_in_bytes", "cpu.cfs_quota_us",
    ]
    /// Version 1 has no word for no limit: it is the largest number of whole pages.
    private static let unlimited = ["max", "max 100000", "-1", "9223372036854771712"]

    /// The limits that this process is under, by the names of the files.
    static func limits() -> [String: String] {
        var limits: [String: String] = [:]
        let folders = folders(of: "self")
        for name in limiting {
            for folder in folders {
                guard let text = try? Files.readText(folder.appending(name)) else { continue }
                let value = text.trimmingCharacters(in: .whitespacesAndNewlines)
                guard !unlimited.contains(value) else { continue }
                limits[name] = value
            }
        }
        return limits
    }

    /// The highest count of a process's group, in bytes.
    ///
    /// - Returns: nil when it shares its group with this process: the count would be of both.
    static func ownPeak(of process: Int32) -> Int64? {
        let own = folders(of: "self")
        for folder in folders(of: "\(process)") where !own.contains(folder) {
            for name in ["memory.peak", "memory.max_usage_in_bytes"] {
                let text = try? Files.readText(folder.appending(name))
                if let bytes = text.flatMap({
                    Int64($0.trimmingCharacters(in: .whitespacesAndNewlines))
                }) {
                    return bytes
                }
            }
        }
        return nil
    }

    /// The folders of a process's groups, where they are mounted as usual.
    static func folders(of process: String) -> [FilePath] {
        guard let text = try? Files.readText(FilePath("/proc/\(process)/cgroup")) else { return [] }
        var folders: [FilePath] = []
        for line in text.split(separator: "\n") {
            let parts = line.split(
                separator: ":" as Character, maxSplits: 2, omittingEmptySubsequences: false
            ).map { String($0) }
            guard parts.count == 3 else { continue }
            let mounts =
                parts[1].isEmpty
                ? ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] : ["/sys/fs/cgroup/\(parts[1])"]
            for mount in mounts {
                let folder = FilePath(mount + parts[2])
                if Files.isDirectory(folder) { folders.append(folder) }
            }
        }
        return folders
    }
}
