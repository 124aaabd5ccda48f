import Diagnostics
package import HostSystem
package import SystemPackage

/// What is known of a file's detached signature.
package enum SignatureState: Sendable, Hashable, CustomStringConvertible {
    /// There is none.
    case unsigned
    /// There is one, and no keyring to check it with.
    case unchecked
    /// It is good; the fingerprint is that of the key: 40 uppercase hexadecimal digits.
    case good(fingerprint: String)

    package var description: String {
        switch self {
        case .unsigned: "unsigned"
        case .unchecked: "signed, not checked"
        case .good(let fingerprint): "good by \(fingerprint)"
        }
    }
}

/// Armored OpenPGP signatures that lie beside the file they are of, as `FILE.asc`.
package struct DetachedSignature: Sendable {
    private let runner: any CommandRunner

    package init(runner: any CommandRunner) {
        self.runner = runner
    }

    /// Where the signature of a file lies.
    package static func place(of file: FilePath) -> FilePath {
        FilePath(file.string + ".asc")
    }

    /// Checks the signature beside a file.
    ///
    /// - Parameters:
    ///   - file: what was signed.
    ///   - keyring: public keys, binary; nil when the signature is not to be checked.
    /// - Returns: whether it is signed, and by whom.
    /// - Throws: `Failure` of kind `integrity` for a signature that is bad or by no key of the
    ///   keyring, `environment` when gpgv is missing. A key that expired since still counts: what
    ///   it signed is as true as it was.
    package func state(of file: FilePath, keyring: FilePath?) async throws -> SignatureState {
        let signature = Self.place(of: file)
        guard Files.exists(signature) else { return .unsigned }
        guard let keyring else { return .unchecked }
        guard Files.exists(keyring) else {
            throw Failure(.usage, "there is no keyring `\(keyring)`")
        }
        let fingerprint = try await SignatureVerifier(keyring: keyring, runner: runner)
            .signer(of: file, signature: signature)
        return .good(fingerprint: fingerprint)
    }
}
