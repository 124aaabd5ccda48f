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
}
