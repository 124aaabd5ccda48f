import Foundation
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// What Lapidary needs to know of the machine it runs on.
package struct Machine: Sendable, Hashable {
    /// The distribution's id in os-release(5): `debian`, `ubuntu`.
    package let distribution: String?
    /// The release's code name in os-release(5): `bookworm`.
    package let codename: String?
    /// The Debian name of the processor architecture, or the kernel's name for others.
    package let architecture: String
    package let processors: Int
    package let isRoot: Bool

    package init(
        distribution: String?, codename: String?, architecture: String, processors: Int,
        isRoot: Bool
    ) {
        self.distribution = distribution
        self.codename = codename
        self.architecture = architecture
        self.processors = processors
        self.isRoot = isRoot
    }

    /// Reads os-release(5), the architecture this program was compiled for, and the user id.
    package static func current() -> Machine {
        let release = (try? Files.readText("/etc/os-release")).map(parseOSRelease) ?? [:]
        #if arch(x86_64)
            let architecture = "amd64"
        #elseif arch(arm64)
            let architecture = "arm64"
        #else
            let architecture = "unknown"
        #endif
        return Machine(
            distribution: release["ID"], codename: release["VERSION_CODENAME"],
            architecture: architecture,
            processors: max(1, ProcessInfo.processInfo.activeProcessorCount),
            isRoot: geteuid() == 0)
    }

    /// The assignments of an os-release(5) file, unquoted.
    static func parseOSRelease(_ text: String) -> [String: String] {
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            values[String(parts[0])] = parts[1].trimmingCharacters(in: ["\"", "'"])
        }
        return values
    }
}
