import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Sandbox

/// Build scripts that mean harm, in the real sandbox: what they try must not come to pass.
@Suite(.enabled(if: Programs.has("bwrap"), "SKIPPED: bubblewrap is not installed here"))
struct HostileTests {
    private let sandbox = BubblewrapSandbox(runner: SubprocessRunner())

    private func capture(
        _ script: String, profile: SandboxSpec.Profile = .build, binds: [SandboxSpec.Bind] = []
    ) async throws -> CommandResult {
        try await sandbox.capture(
            SandboxSpec(
                profile: profile, root: "/", binds: binds, environment: [:], workingDirectory: "/",
                arguments: ["bash", "-c", script]))
    }

    @Test("the kernel's settings cannot be changed, also when lapidary runs as root")
    func kernelSettings() async throws {
        for profile in [SandboxSpec.Profile.build, .install] {
            // The value that is there already: nothing changes if the sandbox fails its test.
            let result = try await capture(
                """
                for file in /proc/sys/kernel/core_pattern /proc/sys/kernel/printk_ratelimit; do
                    value=$(cat $file)
                    echo "$value" > $file && echo "wrote $file"
                done
                exit 0
                """, profile: profile)
            #expect(result.succeeded)
            #expect(result.standardOutput == "")
            #expect(result.standardError.contains("Read-only file system"))
        }
    }

    @Test("other processes can be neither seen, nor killed, nor traced")
    func otherProcesses() async throws {
        try #require(Programs.has("perl"))
        // The number of ptrace(2), by the kernel's tables for each architecture.
        let number = Machine.current().architecture == "arm64" ? 117 : 101
        try await whileRunning(Command("sleep", ["30"])) {
            let me = ProcessInfo.processInfo.processIdentifier
            for process in [1, me] {
                // PTRACE_ATTACH is 16 (ptrace(2)).
                let trace = "perl -e 'exit(syscall(\(number), 16, \(process), 0, 0) == 0 ? 0 : 1)'"
                for script in [
                    "kill -9 \(me)", "kill -9 -1; kill -0 \(me)", "cat /proc/\(me)/cmdline",
                    process == me ? trace : "cat /proc/\(me)/environ",
                    "grep -c . /proc/\(me)/maps",
                ] {
                    let result = try await capture("\(script) || exit 3; exit 0")
                    #expect(result.ending != .exited(0), "\(script)")
                }
            }
            #expect(Processes.isRunning(Int(me)))
        }
    }

    @Test("files of the machine are not there, by whatever way")
    func filesOfTheMachine() async throws {
        try await Scratch.with { folder in
            try Files.write("a secret", to: folder.appending("secret"))
            let root = try OrdinaryUserTests.makeRoot(in: folder)
            let work = folder.appending("work")
            try Files.createDirectory(work)
            let system = ["/usr", "/bin", "/lib", "/lib64", "/sbin"].map {
                SandboxSpec.Bind(FilePath($0), at: FilePath($0), isReadOnly: true)
            }
            let script = """
                cat \(folder)/secret /proc/1/root\(folder)/secret /proc/self/root/../\(folder)/secret
                cat /mine/../../../..\(folder)/secret /proc/self/cwd/../secret
                ln -s \(folder)/secret /mine/link; cat /mine/link
                mount -t tmpfs none /mine; mount --bind / /mine; mount -o remount,rw /
                unshare --user --map-root-user --mount mount -t ext4 /dev/vda /mine
                mknod /mine/disk b 254 0; ls /home /srv /var /etc/shadow
                echo x > /etc/passwd; echo x > /usr/x; rm -rf /etc /usr/bin/env
                """
            for profile in [SandboxSpec.Profile.build, .install] {
                if profile == .install {
                    guard Programs.areRunAsRoot else { continue }
                    // Its root is writable, the folders bound into it are not.
                    try Files.remove(work.appending("link"))
                }
                let result = try await sandbox.capture(
                    SandboxSpec(
                        profile: profile, root: root,
                        binds: system + [.init(work, at: "/mine", isReadOnly: false)],
                        environment: [:], workingDirectory: "/mine",
                        arguments: ["bash", "-c", script]))
                #expect(!result.standardOutput.contains("a secret"))
                #expect(try Files.names(in: work) == ["link"])
                #expect(Files.exists("/usr/bin/env"))
                #expect(!Files.exists("/usr/x"))
                if profile == .build {
                    #expect(try Files.readText(root.pushing("etc/passwd")).hasPrefix("ruby:"))
                }
            }
            #expect(try Files.readText(folder.appending("secret")) == "a secret")
        }
    }

    @Test("the network of the machine cannot be reached, by address or by name of a socket")
    func network() async throws {
        let script = """
            for address in 127.0.0.1/22 192.0.2.1/80 8.8.8.8/53; do
                (exec 3<>/dev/tcp/$address) && echo "reached $address"
            done
            cat /proc/net/unix | tail -n +2 | wc -l
            """
        for profile in [SandboxSpec.Profile.build, .install] {
            let result = try await capture(script, profile: profile)
            #expect(result.standardOutput == "0\n")
        }
    }
}
