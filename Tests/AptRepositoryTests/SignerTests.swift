import AptRepository
import Debian
import Diagnostics
import Foundation
import HostSystem
import SystemPackage
import Testing

@Suite struct SignerTests {
    /// A host without the programs.
    private struct NothingInstalled: CommandRunner {
        func capture(_ command: Command) async throws -> CommandResult {
            throw Failure(.environment, "cannot run `\(command.executable)`")
        }

        func run(_ command: Command, appendingTo log: FilePath) async throws
            -> CommandResult.Ending
        {
            throw Failure(.environment, "cannot run `\(command.executable)`")
        }
    }

    /// A host whose gpgconf reaches nobody, as when the agent does not listen yet.
    private struct DeafAgents: CommandRunner {
        let runner: any CommandRunner

        func capture(_ command: Command) async throws -> CommandResult {
            guard command.executable != "gpgconf" else {
                throw Failure(.environment, "nobody was asked")
            }
            return try await runner.capture(command)
        }

        func run(_ command: Command, appendingTo log: FilePath) async throws
            -> CommandResult.Ending
        {
            try await runner.run(command, appendingTo: log)
        }
    }

    private var now: UTCDate { UTCDate(seconds: Int(Date().timeIntervalSince1970)) }

    @Test func makesAKeyOnceAndLeavesNoAgent() async throws {
        try await Fixture.with { fixture in
            let signer = fixture.signer
            let key = try await signer.ensureKey(userID: Fixture.userID, at: now)
            #expect(key.fingerprint.count == 40)
            #expect(key.userID == Fixture.userID)
            let days = try #require(key.daysLeft(at: now))
            #expect((1094...1095).contains(days))
            #expect(key.warning(at: now) == nil)
            #expect(try await signer.ensureKey(userID: Fixture.userID, at: now) == key)
            // The only key there is does under any name.
            #expect(try await signer.ensureKey(userID: "Else <e@example.org>", at: now) == key)
            let attributes = try FileManager.default.attributesOfItem(atPath: fixture.home.string)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o700)
            #expect(try Fixture.processes(naming: fixture.home.string).isEmpty)

            let armored = try await signer.exportKeyring(key, as: .armored)
            #expect(String(decoding: armored, as: UTF8.self).hasPrefix("-----BEGIN PGP PUBLIC KEY"))
            let binary = try await signer.exportKeyring(key, as: .binary)
            #expect(binary == (try await signer.exportKeyring(key, as: .binary)))
        }
    }

    @Test func worksInAHomeWithALongPath() async throws {
        try await Fixture.with { fixture in
            let home = fixture.folder.appending(String(repeating: "long-", count: 30))
            let signer = Signer(home: home, runner: fixture.runner)
            let key = try await signer.ensureKey(userID: Fixture.userID, at: now)
            let release = fixture.folder.appending("Release")
            try Files.write("Suite: x\n", to: release)
            try await signer.sign(release: release, with: key)
            #expect(try Files.readText(fixture.folder.appending("InRelease")).contains("SHA512"))
            #expect(Files.exists(home.appending("pubring.kbx")))
            #expect(try Fixture.processes(naming: "/tmp/lapidary-gpg-").isEmpty)
        }
    }

    @Test func leavesNoAgentAfterAFailureOrACancellation() async throws {
        try await Fixture.with { fixture in
            let signer = fixture.signer
            let key = try await signer.ensureKey(userID: Fixture.userID, at: now)
            await #expect(throws: Failure.self) {
                try await signer.sign(release: fixture.folder.appending("none"), with: key)
            }
            #expect(try Fixture.processes(naming: fixture.home.string).isEmpty)
            for delay in [0, 5, 20, 60] {
                let task = Task {
                    for _ in 0..<50 {
                        _ = try await signer.ensureKey(userID: Fixture.userID, at: key.created)
                    }
                }
                try await Task.sleep(for: .milliseconds(delay))
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                #expect(try Fixture.processes(naming: fixture.home.string).isEmpty)
            }
        }
    }

    @Test func leavesNoAgentThatGpgconfDoesNotReach() async throws {
        try await Fixture.with { fixture in
            let signer = Signer(home: fixture.home, runner: DeafAgents(runner: fixture.runner))
            _ = try await signer.ensureKey(userID: Fixture.userID, at: now)
            #expect(try Fixture.processes(naming: fixture.home.string).isEmpty)
        }
    }

    @Test func warnsBeforeAKeyExpiresAndRefusesItAfter() async throws {
        try await Fixture.with { fixture in
            let key = try await fixture.signer.ensureKey(userID: Fixture.userID, at: now)
            let expires = try #require(key.expires)
            let soon = UTCDate(seconds: expires.seconds - 59 * 86_400)
            #expect(key.daysLeft(at: soon) == 59)
            #expect(key.warning(at: soon)?.contains("in 59 days") == true)
            #expect(key.warning(at: UTCDate(seconds: expires.seconds - 60 * 86_400)) == nil)
            let failure = await #expect(throws: Failure.self) {
                try await fixture.signer.ensureKey(userID: Fixture.userID, at: expires)
            }
            #expect(failure?.kind == .environment)
            #expect(
                failure?.message == "the signing key \(key.fingerprint) expired on \(expires.day)")
        }
    }

    @Test func asksWhichOfSeveralKeysIsMeant() async throws {
        try await Fixture.with { fixture in
            let first = try await fixture.signer.ensureKey(userID: Fixture.userID, at: now)
            _ = try await fixture.runner.output(
                of: Command(
                    "gpg",
                    [
                        "--homedir", fixture.home.string, "--batch", "--pinentry-mode", "loopback",
                        "--passphrase", "", "--quick-generate-key", "Two <two@example.org>",
                        "ed25519", "sign", "1y",
                    ]), purpose: "make a second key")
            #expect(try await fixture.signer.ensureKey(userID: Fixture.userID, at: now) == first)
            let failure = await #expect(throws: Failure.self) {
                try await fixture.signer.ensureKey(userID: "Three <3@example.org>", at: now)
            }
            #expect(failure?.kind == .usage)
            #expect(failure?.details.count == 2)
        }
    }

    @Test func saysWhatToInstall() async throws {
        try await Fixture.with { fixture in
            let signer = Signer(home: fixture.home, runner: NothingInstalled())
            let failure = await #expect(throws: Failure.self) {
                try await signer.ensureKey(userID: Fixture.userID, at: now)
            }
            #expect(failure?.kind == .environment)
            #expect(failure?.hint == "install the packages `gnupg` and `gpgv`")
        }
    }

    @Test func refusesAHomeThatOthersCanRead() async throws {
        try await Fixture.with { fixture in
            try Files.createDirectory(fixture.home, mode: 0o755)
            let failure = await #expect(throws: Failure.self) {
                try await fixture.signer.ensureKey(userID: Fixture.userID, at: now)
            }
            #expect(failure?.hint == "chmod 700 \(fixture.home)")
        }
    }
}
