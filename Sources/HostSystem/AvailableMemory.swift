package import SystemPackage

/// How much memory new programs can have.
package enum AvailableMemory {
    /// Bytes that the machine can give without swapping, or fewer where this process's control
    /// group may not have them; the greatest number when the kernel does not say.
    package static func bytes(
        machine: FilePath = "/proc/meminfo", groups: FilePath = "/sys/fs/cgroup"
    ) -> Int64 {
        min(machineBytes(machine) ?? .max, groupBytes(groups) ?? .max)
    }

    /// `MemAvailable` of proc(5), in units of 1024 bytes there.
    private static func machineBytes(_ file: FilePath) -> Int64? {
        let line = (try? Files.readText(file))?.split(whereSeparator: \.isNewline)
            .first { $0.hasPrefix("MemAvailable:") }
        return line?.split(separator: " ").dropFirst().first
            .flatMap { Int64($0) }.map { $0 * 1024 }
    }

    /// Of version 2 (cgroups(7)), where a container sees its own group as the root: `max` means
    /// that there is no limit.
    private static func groupBytes(_ folder: FilePath) -> Int64? {
        func number(_ name: String) -> Int64? {
            (try? Files.readText(folder.appending(name))).flatMap {
                Int64($0.filter { !$0.isWhitespace })
            }
        }
        guard let limit = number("memory.max"), let used = number("memory.current") else {
            return nil
        }
        return max(0, limit - used)
    }
}
