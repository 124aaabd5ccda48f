import Diagnostics
import Foundation
import HostSystem
import Provisioning
import Report
import Sandbox
import Store
import SystemPackage

/// Looks up the facts of the machine it runs on.
struct FactFinder: Sendable {
    let context: Context

    /// Everything `doctor` judges; the mirror is asked for only where it is wanted.
    func facts(withMirror: Bool) async -> MachineFacts {
        let programs = (Diagnosis.programs + Diagnosis.userPrograms).map(\.program)
            .filter { Executables.path(of: $0) != nil }
        let mirror = withMirror ? await findMirror() : (.worked, "", nil)
        return MachineFacts(
            isRoot: context.host.isRoot, userName: NSUserName(),
            distribution: context.host.distribution, container: Self.container(),
            programs: Set(programs),
            hasArchiveKeyring: Files.exists("/usr/share/keyrings/debian-archive-keyring.gpg"),
            hasChartLibrary: Files.exists(ChartLibrary.path),
            maxUserNamespaces: Self.number("/proc/sys/user/max_user_namespaces"),
            allowsUnprivilegedNamespaces:
                Self.number("/proc/sys/kernel/unprivileged_userns_clone").map { $0 != 0 },
            appArmorRestrictsNamespaces:
                Self.number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1,
            subordinateUsers: Self.subordinateIDs(in: "/etc/subuid"),
            subordinateGroups: Self.subordinateIDs(in: "/etc/subgid"),
            mapping: await tryMapping(), sandbox: await trySandbox(), home: homeFolder(),
            canMakeControlGroup: ControlGroup.isPossible, mirror: mirror.0, mirrorName: mirror.1,
            mirrorRemedy: mirror.2)
    }

    /// Becomes the highest id that Debian's own packages use, `nobody`.
    private func tryMapping() async -> MachineFacts.Trial {
        let command = Privileges.current.withSystemIDs(
            Command("setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", "true"]))
        do {
            let result = try await context.runner.capture(command)
            return result.succeeded ? .worked : .failed(Self.firstLine(result))
        } catch {
            return .failed((error as? Failure)?.message ?? "\(error)")
        }
    }

    private func trySandbox() async -> MachineFacts.Trial {
        do {
            let result = try await BubblewrapSandbox(runner: context.runner).tryItOut()
            return result.succeeded ? .worked : .failed(Self.firstLine(result))
        } catch {
            return .failed((error as? Failure)?.message ?? "\(error)")
        }
    }

    private static func firstLine(_ result: CommandResult) -> String {
        let line = result.standardError.split(whereSeparator: \.isNewline).first
        return line.map(String.init) ?? "\(result.ending)"
    }

    private func findMirror() async -> (MachineFacts.Trial, String, String?) {
        do {
            return (.worked, try await context.findMirror().archive, nil)
        } catch {
            let failure = error as? Failure
            return (.failed(failure?.message ?? "\(error)"), "", failure?.hint)
        }
    }

    private func homeFolder() -> MachineFacts.HomeFolder {
        var folder = context.home.path
        while !Files.exists(folder), folder != folder.removingLastComponent() {
            folder = folder.removingLastComponent()
        }
        let path = FilePath(
            URL(filePath: folder.string).resolvingSymlinksInPath().path(percentEncoded: false))
        let table = MountTable(mountinfo: (try? Files.readText("/proc/self/mountinfo")) ?? "")
        let mount = table.mount(of: path.lexicallyNormalized())
        let names = try? Files.names(in: context.home.roots)
        return MachineFacts.HomeFolder(
            path: context.home.path.string,
            fileSystem: mount?.fileSystem ?? "an unknown file system",
            options: mount?.options ?? [], freeBytes: (try? Files.freeBytes(at: folder)) ?? 0,
            freeFiles: try? Files.freeFiles(at: folder), hasRoots: names?.isEmpty == false)
    }

    private static func number(_ file: FilePath) -> Int? {
        (try? Files.readText(file)).flatMap { Int($0.filter { !$0.isWhitespace }) }
    }

    /// By the marks that the container programs leave (podman-run(1) for its own).
    private static func container() -> MachineFacts.Container? {
        if Files.exists("/run/.containerenv") { return .podman }
        if Files.exists("/.dockerenv") { return .docker }
        let environment = (try? Files.readText("/proc/1/environ")) ?? ""
        let isOther =
            environment.split(separator: "\0").contains { $0.hasPrefix("container=") }
            || Files.exists("/run/systemd/container")
        return isOther ? .other : nil
    }

    /// The ids of this user's first range, which is the one that unshare(1) takes.
    private static func subordinateIDs(in file: FilePath) -> Int {
        subordinateIDs(
            in: (try? Files.readText(file)) ?? "", user: NSUserName(), uid: Int(geteuid()))
    }

    /// Reads subuid(5): `name or number:first:count`.
    static func subordinateIDs(in text: String, user: String, uid: Int) -> Int {
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":")
            guard parts.count == 3, parts[0] == user || parts[0] == String(uid) else { continue }
            return Int(parts[2]) ?? 0
        }
        return 0
    }
}
