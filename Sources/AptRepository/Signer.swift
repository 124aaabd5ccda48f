package import Debian
import Diagnostics
package import HostSystem
package import SystemPackage

/// Signs with the key in a GnuPG home that nothing else uses.
///
/// The key has no passphrase, because publishing is unattended: the folder's mode guards it.
/// One publication at a time may use a home.
package struct Signer: Sendable {
    private let home: FilePath
    private let runner: any CommandRunner

    package init(home: FilePath, runner: any CommandRunner) {
        self.home = home
        self.runner = runner
    }

    /// The key to sign with, made on first use: ed25519, for signing only, valid for 3 years.
    ///
    /// - Parameters:
    ///   - userID: `Name <mail address>` of a key to be made or chosen.
    ///   - now: the time that decides whether the key has expired.
    /// - Returns: the one key there is, or the newest one with the user ID.
    /// - Throws: `Failure` of kind `environment` when GnuPG is missing or the key has expired, of
    ///   kind `usage` when several keys are there and none has the user ID.
    package func ensureKey(userID: String, at now: UTCDate) async throws -> ArchiveKey {
        guard !userID.isEmpty, !userID.contains(where: { $0.isNewline || $0 == ":" }) else {
            throw Failure(.usage, "not a user ID for a key: `\(userID)`")
        }
        let key = try await GnuPG.with(home: home, runner: runner) { gpg in
            if let key = try await findKey(in: gpg, userID: userID, at: now) { return key }
            _ = try await gpg.run(
                [
                    "--pinentry-mode", "loopback", "--passphrase", "", "--quick-generate-key",
                    "--", userID, "ed25519", "sign", "3y",
                ], purpose: "make a signing key")
            guard let key = try await findKey(in: gpg, userID: userID, at: now) else {
                throw Failure(.internalError, "gpg made a signing key but does not list it")
            }
            return key
        }
        try key.checkUsable(at: now)
        return key
    }

    /// Signs a Release file: `InRelease` and `Release.gpg` next to it, with SHA-512 digests.
    package func sign(release: FilePath, with key: ArchiveKey) async throws {
        let folder = release.removingLastComponent()
        let fixed = ["--yes", "--digest-algo", "SHA512", "--local-user", key.fingerprint]
        let outputs = [
            ("InRelease", ["--clear-sign"]), ("Release.gpg", ["--armor", "--detach-sign"]),
        ]
        try await GnuPG.with(home: home, runner: runner) { gpg in
            for (name, mode) in outputs {
                let output = folder.appending(name).absolute.string
                _ = try await gpg.run(
                    fixed + ["--output", output] + mode + ["--", release.absolute.string],
                    purpose: "sign `\(release)`",
                    hint: "the key must have no passphrase, for nobody is there to type it")
            }
        }
    }

    /// Signs any file: an armored signature of its own, with a SHA-512 digest.
    ///
    /// - Parameters:
    ///   - file: what is signed.
    ///   - output: where the signature goes.
    ///   - key: whose signature it is.
    /// - Throws: `Failure` of kind `environment` when gpg cannot sign.
    package func sign(_ file: FilePath, to output: FilePath, with key: ArchiveKey) async throws {
        try await GnuPG.with(home: home, runner: runner) { gpg in
            _ = try await gpg.run(
                [
                    "--yes", "--digest-algo", "SHA512", "--local-user", key.fingerprint,
                    "--output", output.absolute.string, "--armor", "--detach-sign", "--",
                    file.absolute.string,
                ], purpose: "sign `\(file)`",
                hint: "the key must have no passphrase, for nobody is there to type it")
        }
    }

    /// How a keyring file is written.
    package enum KeyringForm: Sendable {
        /// For `Signed-By:` with a path, and for gpgv.
        case binary
        /// For `Signed-By:` with the key itself, and for web pages.
        case armored
    }

    /// The public half of a key, as clients need it.
    package func exportKeyring(_ key: ArchiveKey, as form: KeyringForm) async throws -> [UInt8] {
        try await export([key.fingerprint], form, purpose: "export the public key")
    }

    /// The public keys of everything in the home, also of retired ones.
    func exportEverything() async throws -> [UInt8] {
        try await export([], .binary, purpose: "export the public keys")
    }

    private func export(_ keys: [String], _ form: KeyringForm, purpose: String) async throws
        -> [UInt8]
    {
        // Through a file: what a program prints is captured as text, and keys are not.
        try await TemporaryDirectory.with(in: "/tmp", name: "lapidary-keyring") { folder in
            let output = folder.appending("keyring")
            try await GnuPG.with(home: home, runner: runner) { gpg in
                let armor = form == .armored ? ["--armor"] : []
                _ = try await gpg.run(
                    armor + ["--output", output.string, "--export"] + keys, purpose: purpose)
            }
            return try Files.readBytes(output)
        }
    }

    private func findKey(in gpg: GnuPG, userID: String, at now: UTCDate) async throws -> ArchiveKey?
    {
        let listing = try await gpg.run(
            ["--with-colons", "--list-secret-keys"], purpose: "list the signing keys")
        return try ArchiveKey.choose(
            from: ArchiveKey.parse(colons: listing), userID: userID, at: now)
    }
}
