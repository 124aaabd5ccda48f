import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Sandbox

/// The sandbox of an ordinary user shows what root's shows.
@Suite(
    .enabled(
        if: OrdinaryUser.isPossible && Programs.has("bwrap"),
        "SKIPPED: needs root, useradd, newuidmap and bubblewrap"))
struct OrdinaryUserTests {
    /// Everything that could reach a build, but the owners of the kernel's own files and devices:
    /// they are root's, whom an ordinary user's sandbox cannot name.
    private static let look = """
        id; [ $(id -u) = 0 ] || cat /proc/self/uid_map /proc/self/gid_map
        grep -E '^(Cap|NoNewPrivs|Groups)' /proc/self/status
        stat -c '%n %u %g %a' / /usr /etc/passwd /tmp /dev /mine
        ls -a / /dev; uname -n; env | sort; umask; ulimit -a; hostname
        grep -E ' /(proc|dev|tmp|dev/shm) ' /proc/self/mounts | sed 's/,uid=.*//; s/ 0 0$//'
        touch /mine/file; mkdir -m 0 /mine/closed; ls -n /mine | tail -n +2 | cut -c 1-20
        """

    /// A small root of the caller's, as an unpacked one is: owned by id 0 of the system.
    static func makeRoot(in folder: FilePath) throws -> FilePath {
        let root = folder.appending("root")
        for name in ["dev", "etc", "proc", "tmp", "mine"] {
            try Files.createDirectory(root.appending(name))
        }
        try Files.write("ruby:x:1000:1000::/:/bin/sh\n", to: root.pushing("etc/passwd"))
        try Files.write("ruby:x:1000:\n", to: root.pushing("etc/group"))
        for name in ["usr", "bin", "lib", "lib64", "sbin"] {
            try Files.createDirectory(root.appending(name))
        }
        return root
    }

    static func view(_ profile: SandboxSpec.Profile, in folder: FilePath) async throws -> String {
        let root = try makeRoot(in: folder)
        let work = folder.appending("work")
        try Files.createDirectory(work)
        let system = ["/usr", "/bin", "/lib", "/lib64", "/sbin"].map {
            SandboxSpec.Bind(FilePath($0), at: FilePath($0), isReadOnly: true)
        }
        let result = try await BubblewrapSandbox(runner: SubprocessRunner()).capture(
            SandboxSpec(
                profile: profile, root: root,
                binds: system + [SandboxSpec.Bind(work, at: "/mine", isReadOnly: false)],
                environment: [:], workingDirectory: "/mine",
                arguments: ["bash", "-c", look]))
        return result.standardOutput + result.standardError
    }

    @Test(arguments: [true, false])
    func theViewIsRoots(isBuild: Bool) async throws {
        try await OrdinaryUser.with { user in
            try await Scratch.with { folder in
                let theirs = folder.appending("theirs")
                try Files.createDirectory(theirs)
                chown(theirs.string, user.uid, user.gid)
                try Files.setMode(0o755, of: folder)
                await #expect(processExitsWith: .success) {
                    [
                        user = user as OrdinaryUser, isBuild = isBuild as Bool,
                        path = theirs.string as String
                    ] in
                    user.become()
                    let view = try await OrdinaryUserTests.view(
                        isBuild ? .build : .install, in: FilePath(path))
                    try Files.write(view, to: FilePath(path).appending("view"))
                }
                let ours = folder.appending("ours")
                try Files.createDirectory(ours)
                let expected = try await Self.view(isBuild ? .build : .install, in: ours)
                #expect(expected.hasPrefix("uid=\(isBuild ? 1000 : 0)"), "\(expected)")
                let view = try Files.readText(theirs.appending("view"))
                #expect(Self.comparable(view) == Self.comparable(expected))
            }
        }
    }

    /// Leaves out the kernel's bookkeeping, which differs by who started the sandbox, and /usr,
    /// which belongs to the machine and not to the user.
    private static func comparable(_ view: String) -> [String] {
        view.split(separator: "\n").map(String.init).filter { line in
            !["CapInh", "CapBnd", "CapAmb", "/usr ", "pending signals", "max user processes"]
                .contains { line.hasPrefix($0) }
        }
    }

    @Test func foldersOfOtherIdsAndClosedOnesAreRemoved() async throws {
        try await OrdinaryUser.with { user in
            try await Scratch.with { folder in
                try Files.setMode(0o755, of: folder)
                let theirs = folder.appending("theirs")
                try Files.createDirectory(theirs)
                chown(theirs.string, user.uid, user.gid)
                await #expect(processExitsWith: .success) {
                    [
                        user = user as OrdinaryUser, path = theirs.string as String
                    ] in
                    user.become()
                    let tree = FilePath(path).appending("tree")
                    let script = """
                        mkdir -p tree/own/deep tree/closed/deep; chown 42:42 tree/own
                        chmod 700 tree/own; chmod 0 tree/closed
                        """
                    let result = try await SubprocessRunner().capture(
                        Privileges.current.withSystemIDs(
                            Command("sh", ["-c", script], workingDirectory: FilePath(path))))
                    try #require(result.succeeded, "\(result.standardError)")
                    #expect(throws: (any Error).self) { try Files.remove(tree) }
                    try await Files.removeTree(tree)
                    #expect(!Files.exists(tree))
                }
                #expect(try Files.names(in: theirs) == [])
            }
        }
    }
}
