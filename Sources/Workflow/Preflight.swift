import Diagnostics
import Foundation
import HostSystem
import Provisioning
import Sandbox
import Store
import SystemPackage

/// Whether this machine can do the work, and what to do where it cannot.
package struct Preflight: Sendable {
    /// One thing that was looked at.
    package struct Check: Sendable, Hashable {
        package let name: String
        package let passed: Bool
        /// What was found.
        package let finding: String
        /// What to do; nil when it passed.
        package let remedy: String?
    }

    /// What a first build of one suite needs, in bytes: roots, packages, a build tree and its copy.
    private static let firstBuildBytes: Int64 = 6_000_000_000
    /// What a build needs that finds its roots in the home, in bytes.
    private static let laterBuildBytes: Int64 = 2_000_000_000

    /// The programs Lapidary runs on the host, with the Debian package of each.
    private static let programs: [(program: String, package: String)] = [
        ("apt-get", "apt"), ("bwrap", "bubblewrap"), ("cp", "coreutils"), ("curl", "curl"),
        ("dpkg-deb", "dpkg"), ("gpg", "gpg"), ("gpgv", "gpgv"), ("gzip", "gzip"),
        ("mmdebstrap", "mmdebstrap"), ("prlimit", "util-linux"), ("tar", "tar"),
        ("xz", "xz-utils"),
    ]

    private let context: Context

    package init(context: Context) {
        self.context = context
    }

    /// Everything `doctor` shows.
    package func checks() async -> [Check] {
        var checks = [privileges(), disk()]
        checks += [programs(), keyring()]
        checks.append(await sandbox())
        checks.append(await mirror())
        return checks
    }

    /// Fails with the first thing that would stop a build, before any work is done.
    ///
    /// The mirror is left out: a build whose inputs are all in the store needs none.
    ///
    /// - Throws: `Failure` of kind `environment` with the remedy.
    func require() async throws {
        var checks = [privileges(), disk(), programs()]
        if checks.allSatisfy(\.passed) { checks.append(await sandbox()) }
        guard let failed = checks.first(where: { !$0.passed }) else { return }
        throw Failure(.environment, failed.finding, hint: failed.remedy)
    }

    private func privileges() -> Check {
        Check(
            name: "privileges", passed: context.host.isRoot,
            finding: context.host.isRoot
                ? "running as root"
                : "root privileges are needed to make root file systems, and this is an ordinary user",
            remedy: context.host.isRoot ? nil : "run it as root, for instance with sudo")
    }

    private func disk() -> Check {
        var folder = context.home.path
        while !Files.exists(folder), folder != folder.removingLastComponent() {
            folder = folder.removingLastComponent()
        }
        let free = (try? Files.freeBytes(at: folder)) ?? 0
        let gigabytes = { (bytes: Int64) in "\((Double(bytes) / 1e8).rounded() / 10) GB" }
        let isFirst = (try? Files.names(in: context.home.roots).isEmpty) ?? true
        let needed = isFirst ? Self.firstBuildBytes : Self.laterBuildBytes
        let passed = free >= needed
        return Check(
            name: "disk", passed: passed,
            finding: "\(gigabytes(free)) free for the home `\(context.home.path)`"
                + (passed ? "" : ", and a build needs \(gigabytes(needed))"),
            remedy: passed ? nil : "free some space, or choose another folder with LAPIDARY_HOME")
    }

    private func programs() -> Check {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let missing = Self.programs.filter { entry in
            !folders.contains {
                FileManager.default.isExecutableFile(atPath: "\($0)/\(entry.program)")
            }
        }
        let packages = missing.map(\.package).joined(separator: " ")
        return Check(
            name: "programs", passed: missing.isEmpty,
            finding: missing.isEmpty
                ? "all \(Self.programs.count) programs are here"
                : "missing programs: \(missing.map(\.program).joined(separator: ", "))",
            remedy: missing.isEmpty ? nil : "install them: apt-get install \(packages)")
    }

    private func keyring() -> Check {
        let path: FilePath = "/usr/share/keyrings/debian-archive-keyring.gpg"
        let passed = Files.exists(path)
        return Check(
            name: "archive keyring", passed: passed,
            finding: passed ? "`\(path)`" : "`\(path)` is missing",
            remedy: passed ? nil : "install it: apt-get install debian-archive-keyring")
    }

    private func sandbox() async -> Check {
        do {
            try await BubblewrapSandbox(runner: context.runner).probe()
            return Check(
                name: "sandbox", passed: true, finding: "bubblewrap makes namespaces", remedy: nil)
        } catch {
            return failed("sandbox", error)
        }
    }

    private func mirror() async -> Check {
        do {
            let mirror = try await context.findMirror()
            return Check(
                name: "mirror", passed: true, finding: mirror.archive, remedy: nil)
        } catch {
            return failed("mirror", error)
        }
    }

    private func failed(_ name: String, _ error: any Error) -> Check {
        let failure = error as? Failure
        return Check(
            name: name, passed: false, finding: failure?.message ?? "\(error)",
            remedy: failure?.hint)
    }
}
