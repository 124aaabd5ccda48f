import Foundation
package import HostSystem
import SystemPackage

/// A user without privileges, with subordinate ids, for as long as a test takes.
package struct OrdinaryUser: Sendable, Codable {
    package let name: String
    package let uid: UInt32
    package let gid: UInt32

    /// Why no user can be made here; nil when one can.
    package static var obstacle: String? {
        guard Programs.areRunAsRoot else { return "only root can make a user for the test" }
        let missing = ["newuidmap", "setpriv", "unshare", "useradd", "userdel"]
            .filter { !Programs.has($0) }
        return missing.isEmpty ? nil : "missing here: \(missing.joined(separator: ", "))"
    }

    package static var isPossible: Bool {
        if let obstacle { print("SKIPPED, as an ordinary user: \(obstacle)") }
        return obstacle == nil
    }

    /// Makes a user, runs a body, and removes the user with its subordinate ids.
    package static func with<Value>(_ body: (OrdinaryUser) async throws -> Value) async throws
        -> Value
    {
        let name = "lapidary-test-\(UInt32.random(in: 0...999_999))"
        let runner = SubprocessRunner()
        // useradd gives subordinate ids only where these files are.
        for file in ["/etc/subuid", "/etc/subgid"] where !Files.exists(FilePath(file)) {
            try Files.write("", to: FilePath(file))
        }
        _ = try await runner.output(
            of: Command("useradd", ["--no-create-home", "--home-dir", "/nonexistent", name]),
            purpose: "make a user")
        func remove() async {
            _ = await Task { try? await runner.capture(Command("userdel", ["--force", name])) }
                .value
        }
        do {
            guard let entry = getpwnam(name) else { throw POSIXError(.ENOENT) }
            let user = OrdinaryUser(
                name: name, uid: entry.pointee.pw_uid, gid: entry.pointee.pw_gid)
            let value = try await body(user)
            await remove()
            return value
        } catch {
            await remove()
            throw error
        }
    }

    /// A command run by this user, with its own variables only.
    package func command(_ command: Command) -> Command {
        command.after([
            "setpriv", "--reuid", name, "--regid", name, "--clear-groups", "--",
        ])
    }

    /// Turns the whole calling process into this user for good: for the body of an exit test.
    package func become() {
        guard setgroups(0, nil) == 0, setgid(gid) == 0, setuid(uid) == 0, geteuid() == uid,
            chdir("/") == 0
        else { fatalError("cannot become \(name): \(Errno(rawValue: errno))") }
        setenv("HOME", "/nonexistent", 1)
    }
}
