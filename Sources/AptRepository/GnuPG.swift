import Diagnostics
import Foundation
import HostSystem
import SystemPackage

/// GnuPG with one home, for the time of one piece of work.
///
/// gpg starts an agent that would outlive it. `with` stops it in the end, also after an error or
/// a cancellation.
struct GnuPG {
    /// A socket's path has at most 107 bytes (unix(7)), and the agent's sockets lie in its home:
    /// above this length a short link stands in for it.
    private static let longestHome = 80
    static let remedy = "install the packages `gnupg` and `gpgv`"

    private let home: FilePath
    private let runner: any CommandRunner

    /// Opens a home, which is made with mode 0700 when there is none, and stops its agent after
    /// `body`, however that ends.
    static func with<Value>(
        home: FilePath, runner: any CommandRunner, _ body: (GnuPG) async throws -> Value
    ) async throws -> Value {
        try prepare(home)
        let path = home.absolute
        if path.string.utf8.count <= longestHome {
            return try await stoppingAgents(GnuPG(home: path, runner: runner), body)
        }
        // TMPDIR may be as long as the home, which is why it is not asked.
        return try await TemporaryDirectory.with(in: "/tmp", name: "lapidary-gpg") { folder in
            let link = folder.appending("home")
            try symbolicLink(at: link, to: path)
            return try await stoppingAgents(GnuPG(home: link, runner: runner), body)
        }
    }

    /// Runs gpg unattended; it must succeed.
    func run(_ arguments: [String], purpose: String, hint: String? = nil) async throws -> String {
        let fixed = ["--homedir", home.string, "--batch", "--no-tty", "--quiet"]
        return try await checkedOutput(
            of: Command("gpg", fixed + arguments, environment: ["LC_ALL": "C"]),
            runner: runner, purpose: purpose, hint: hint)
    }

    private static func stoppingAgents<Value>(
        _ gpg: GnuPG, _ body: (GnuPG) async throws -> Value
    ) async throws -> Value {
        do {
            let value = try await body(gpg)
            await gpg.stopAgents()
            return value
        } catch {
            await gpg.stopAgents()
            throw error
        }
    }

    private func stopAgents() async {
        let command = Command("gpgconf", ["--homedir", home.string, "--kill", "all"])
        let runner = runner
        let daemons = GnuPGDaemons(home: home)
        // A task of its own, because a cancelled one starts no programs and waits for nothing.
        // A failure is no matter here: the daemons that are left tell, and are ended.
        await Task {
            _ = try? await runner.capture(command)
            await daemons.awaitEnd()
        }.value
    }

    private static func prepare(_ home: FilePath) throws {
        guard Files.exists(home) else { return try Files.createDirectory(home, mode: 0o700) }
        let attributes = try? FileManager.default.attributesOfItem(atPath: home.string)
        let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0
        guard mode & 0o077 == 0 else {
            throw Failure(
                .environment, "others can read the GnuPG home `\(home)`, which holds a secret key",
                hint: "chmod 700 \(home)")
        }
    }

    private static func symbolicLink(at link: FilePath, to target: FilePath) throws {
        guard symlink(target.string, link.string) == 0 else {
            throw Failure(
                .environment, "cannot link `\(link)` to `\(target)`: \(Errno(rawValue: errno))")
        }
    }
}

/// Checks signatures with a keyring and nothing else: no home, no agent, no trust database.
struct SignatureVerifier {
    let keyring: FilePath
    let runner: any CommandRunner

    /// Whether a signature counts that was made by a key which has expired since.
    enum ExpiredKeys { case accepted, refused }

    /// The text that a clear-signed file vouches for; what stands around it is left out.
    ///
    /// - Throws: `Failure` of kind `integrity` without a good signature by a key of the keyring.
    func text(ofClearSigned file: FilePath, expiredKeys: ExpiredKeys) async throws -> String {
        try await TemporaryDirectory.with(in: "/tmp", name: "lapidary-gpgv") { folder in
            let output = folder.appending("text")
            try await verify(["--output", output.string, file.absolute.string], file, expiredKeys)
            return try Files.readText(output)
        }
    }

    /// Checks a detached signature.
    ///
    /// - Throws: `Failure` of kind `integrity` without a good signature by a key of the keyring.
    func verify(_ file: FilePath, signature: FilePath) async throws {
        try await verify([signature.absolute.string, file.absolute.string], file, .refused)
    }

    /// Who made a detached signature; a key that has expired since counts.
    ///
    /// - Returns: the primary key's fingerprint.
    /// - Throws: `Failure` of kind `integrity` without a good signature by a key of the keyring.
    func signer(of file: FilePath, signature: FilePath) async throws -> String {
        try await verify([signature.absolute.string, file.absolute.string], file, .accepted)
    }

    /// - Returns: the fingerprint of the primary key that signed.
    @discardableResult
    private func verify(
        _ arguments: [String], _ file: FilePath, _ expiredKeys: ExpiredKeys
    ) async throws -> String {
        let result = try await startedResult(
            of: Command(
                "gpgv", ["--status-fd", "1", "--keyring", keyring.absolute.string] + arguments,
                environment: ["LC_ALL": "C"]),
            runner: runner)
        // gpgv ends well for an expired key; only its status lines tell (GnuPG's doc/DETAILS).
        let lines = result.standardOutput.split(separator: "\n").map { $0.split(separator: " ") }
        let words = lines.compactMap { $0.dropFirst().first }
        let good = words.contains("GOODSIG")
        let expired = words.contains("EXPKEYSIG") && expiredKeys == .accepted
        // [GNUPG:] VALIDSIG <fingerprint> … <fingerprint of the primary key>
        let valid = lines.first { $0.dropFirst().first == "VALIDSIG" }
        guard result.succeeded, let signer = valid?.last, good || expired else {
            throw Failure(
                .integrity, "`\(file)` has no good signature by a key of `\(keyring)`",
                details: result.standardError.split(separator: "\n").map(String.init),
                hint: "it was changed, or signed by a key that has expired or is not ours")
        }
        return String(signer)
    }
}

/// Runs one of GnuPG's programs; that it cannot be started means that it is missing.
private func startedResult(of command: Command, runner: any CommandRunner) async throws
    -> CommandResult
{
    do {
        return try await runner.capture(command)
    } catch let failure as Failure {
        throw Failure(
            .environment, "cannot sign or verify: `\(command.executable)` does not start",
            details: [failure.message], hint: GnuPG.remedy)
    }
}

private func checkedOutput(
    of command: Command, runner: any CommandRunner, purpose: String, hint: String?
) async throws -> String {
    let result = try await startedResult(of: command, runner: runner)
    guard result.succeeded else {
        throw Failure(
            .environment, "could not \(purpose): `gpg` ended with \(result.ending)",
            details: result.standardError.split(separator: "\n").suffix(20).map(String.init),
            hint: hint)
    }
    return result.standardOutput
}

extension FilePath {
    /// The path from the root; GnuPG takes a relative keyring as one in its own folder.
    var absolute: FilePath {
        isAbsolute
            ? self : FilePath(FileManager.default.currentDirectoryPath).appending(components)
    }
}
