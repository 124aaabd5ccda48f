import Foundation
package import HostSystem
package import Sandbox
import SystemPackage

/// What variations change: around a rebuild, and within its sandboxes.
package struct VariedWorld: Sendable, Hashable {
    /// What the clock shows.
    package enum Clock: String, Sendable, Hashable, Codable {
        /// The time that it is.
        case real
        /// More than a year later: `days` and some hours.
        case later
        /// Always the same, for rebuilds that are compared with each other.
        case frozen
    }

    static let days = 397
    private static let laterHours = days * 24 + 7

    package let variations: Set<Variation>
    package let clock: Clock
    package let kit: VariationKit

    package init(_ variations: some Sequence<Variation>, clock: Clock, kit: VariationKit) {
        self.variations = Set(variations)
        self.clock = clock
        self.kit = kit
    }

    /// What programs in the build sandboxes notice.
    package var sandbox: SandboxWorld {
        var world = SandboxWorld.usual
        for variation in variations { apply(variation, to: &world) }
        if clock != .real, kit.hasClock {
            let inside: FilePath = "/tmp/libfaketime.so.1"
            world.shown[inside] = kit.clock
            world.environment["LD_PRELOAD"] = inside.string
            // The times of files stay as they are: make compares them with each other.
            world.environment["NO_FAKE_STAT"] = "1"
            world.environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
            if clock == .frozen {
                // Seconds since 1970: a date would be another moment in another time zone.
                world.environment["FAKETIME_FMT"] = "%s"
                world.environment["FAKETIME"] = "1577836800"
            } else {
                world.environment["FAKETIME"] = "+\(Self.laterHours)h"
            }
        }
        return world
    }

    private func apply(_ variation: Variation, to world: inout SandboxWorld) {
        switch variation {
        case .environment:
            world.environment["LAPIDARY_CAPTURED_ENVIRONMENT"] = "i_capture_the_environment"
        case .userGroup:
            world.user = 2222
            world.group = 2223
        case .fileOrdering: world.shufflesFolders = true
        case .domainHost: world.hostName = "i-capture-the-host.example.org"
        case .home: world.environment["HOME"] = "/nonexistent/second-build"
        case .locales:
            guard kit.hasLocale else { return }
            world.shown["/tmp/locales"] = kit.locales
            world.environment.merge([
                "LOCPATH": "/tmp/locales", "LC_ALL": VariationKit.locale,
                "LANG": VariationKit.locale, "LANGUAGE": "et_EE.UTF-8:fr",
            ]) { $1 }
        case .execPath: world.searchedLast.append("/i_capture_the_path")
        case .timezone: world.environment["TZ"] = "GMT-14"
        case .shell: world.shell = "bin/bash"
        case .toolchains:
            world.shown["/tmp/stray"] = kit.programs
            world.searchedLast.append("/tmp/stray")
        // Not around roots: the C library's package refuses to be installed on such a kernel.
        case .kernel: world.startedBy = ["setarch", "--uname-2.6"]
        case .aslr, .buildPath, .cpus, .network, .time, .umask: break
        }
    }

    /// How many jobs a make gets of those that a build has.
    package func jobs(of usual: Int) -> Int {
        guard variations.contains(.cpus) else { return usual }
        return usual.isMultiple(of: 2) ? usual + 1 : usual + 2
    }

    /// A rebuild, started in this world.
    package func started(_ command: Command, tools: MachineTools) -> Command {
        var words: [String] = []
        var environment: [String: String] = [:]
        var namespaces: [String] = []
        if variations.contains(.network) { namespaces.append("--net") }
        // Folders that are mounted in there are gone with it, however it ends.
        if variations.contains(.fileOrdering) {
            namespaces += ["--mount", "--propagation", "private"]
        }
        if !namespaces.isEmpty { words += ["unshare"] + namespaces + ["--"] }
        if variations.contains(.aslr) { words += ["setarch", "--addr-no-randomize"] }
        if variations.contains(.cpus) { words += ["taskset", "--cpu-list", "\(tools.processor)"] }
        for variation in variations { apply(variation, to: &environment, tools: tools) }
        var started = words.isEmpty ? command : command.after(words)
        started.environment.merge(environment) { $1 }
        return started
    }

    private func apply(
        _ variation: Variation, to environment: inout [String: String], tools: MachineTools
    ) {
        switch variation {
        case .environment:
            environment.merge([
                "LAPIDARY_CAPTURED_ENVIRONMENT": "i_capture_the_environment", "CFLAGS": "-O0 -g3",
                "LDFLAGS": "-Wl,--stray", "MAKEFLAGS": "--keep-going", "RUBYOPT": "-W2",
                "RUBYLIB": "/nonexistent/rubylib", "GEM_HOME": "/nonexistent/gems",
                "DEB_BUILD_OPTIONS": "noopt nostrip", "TAR_OPTIONS": "--mode=0777",
                "XZ_DEFAULTS": "-0", "GZIP": "", "ZSTD_CLEVEL": "19",
            ]) { $1 }
        case .home: environment["HOME"] = "/nonexistent/second-build"
        case .locales:
            environment.merge([
                "LC_ALL": VariationKit.locale, "LANG": VariationKit.locale,
                "LANGUAGE": "et_EE.UTF-8:fr",
            ]) { $1 }
            if kit.hasLocale { environment["LOCPATH"] = kit.locales.string }
        case .execPath, .toolchains:
            // A person's own programs come first in PATH; what Lapidary starts has other names.
            var path = [tools.path]
            if variations.contains(.execPath) { path.append("/i_capture_the_path") }
            if variations.contains(.toolchains) { path.insert(kit.programs.string, at: 0) }
            environment["PATH"] = path.joined(separator: ":")
        case .timezone: environment["TZ"] = "GMT+12"
        case .aslr, .buildPath, .cpus, .domainHost, .fileOrdering, .kernel, .network, .shell, .time,
            .umask, .userGroup:
            break
        }
    }
}

/// What variations need of the machine.
package struct MachineTools: Sendable, Hashable {
    package let isRoot: Bool
    /// The number of a processor that this process may run on.
    package let processor: Int
    package let path: String
    /// Names of the programs below that are here.
    package let programs: Set<String>
    package let hasFuse: Bool

    /// Looks at this machine.
    package static func current(_ machine: Machine) -> MachineTools {
        MachineTools(
            isRoot: machine.isRoot, processor: Processors.first,
            path: ProcessInfo.processInfo.environment["PATH"] ?? "",
            programs: Set(
                ["disorderfs", "setarch", "taskset", "unshare"].filter {
                    Executables.path(of: $0) != nil
                }), hasFuse: Files.exists("/dev/fuse"))
    }

    /// Why a variation cannot be made here; nil where it can.
    package func obstacle(to variation: Variation, kit: VariationKit) -> String? {
        func missing(_ program: String, package: String) -> String? {
            programs.contains(program)
                ? nil : "there is no `\(program)` here: apt-get install \(package)"
        }
        switch variation {
        case .kernel, .aslr: return missing("setarch", package: "util-linux")
        case .cpus: return missing("taskset", package: "util-linux")
        case .fileOrdering:
            guard isRoot else { return "only root can mount a folder with another order" }
            guard hasFuse else { return "there is no /dev/fuse here" }
            return missing("disorderfs", package: "disorderfs")
        case .time: return kit.hasClock ? nil : "the suite's libfaketime could not be had"
        case .locales: return kit.hasLocale ? nil : "the suite's locales could not be had"
        case .network:
            return isRoot
                ? nil : "only root can take the network away; no sandbox has it in any case"
        case .buildPath, .domainHost, .environment, .execPath, .home, .shell, .timezone,
            .toolchains, .umask, .userGroup:
            return nil
        }
    }
}
