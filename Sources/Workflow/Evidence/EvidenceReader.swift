package import AptRepository
import Diagnostics
import Digest
package import Evidence
package import HostSystem
package import SystemPackage

/// What the evidence beside a .deb says, and who vouches for it.
package struct PackageEvidence: Sendable, Hashable {
    package let request: RebuildRequest
    package let signature: SignatureState
    /// The `.intoto.json` that was read.
    package let statement: FilePath
}

/// Reads the evidence that came with a .deb; nothing else is needed to judge it.
package struct EvidenceReader: Sendable {
    /// Much more than a statement with every patch of a series in it.
    private static let longestStatement: Int64 = 64 << 20

    private let runner: any CommandRunner

    package init(runner: any CommandRunner) {
        self.runner = runner
    }

    /// Reads and checks the evidence of a .deb.
    ///
    /// - Parameters:
    ///   - deb: the package.
    ///   - statement: its `.intoto.json`; nil for the one beside it. The other texts are looked for
    ///     beside the statement.
    ///   - keyring: the public keys that may have signed the statement; nil when the signature is
    ///     not to be checked.
    /// - Returns: what it takes to make the package again.
    /// - Throws: `Failure` of kind `integrity` when the .deb, the statement, a text beside it or
    ///   the signature was changed; `environment` when there is no evidence, or when it has a
    ///   format of a newer Lapidary; `usage` when there is no such .deb.
    package func read(
        deb: FilePath, statement: FilePath? = nil, keyring: FilePath? = nil
    ) async throws -> PackageEvidence {
        guard FileTree.kind(of: deb) != nil, !Files.isDirectory(deb) else {
            throw Failure(.usage, "there is no file `\(deb)`")
        }
        let name = deb.lastComponent?.string ?? ""
        let place =
            statement
            ?? deb.removingLastComponent().appending(EvidenceKind.provenance.fileName(of: name))
        guard Files.exists(place), !Files.isDirectory(place) else {
            throw Failure(
                .environment, "there is no evidence of `\(deb)`: `\(place)` does not exist",
                hint: "it is published beside the package, under the same name")
        }
        guard try Files.size(of: place) <= Self.longestStatement else {
            throw Failure(.integrity, "the evidence `\(place)` is too long to be one")
        }
        // Before its words are believed.
        let signature = try await DetachedSignature(runner: runner)
            .state(of: place, keyring: keyring)
        let request = try RebuildRequest(
            statement: Files.readBytes(place), named: place.string, deb: deb.string,
            sha256: FileDigests(of: deb).sha256)
        try checkTexts(of: request, beside: place)
        return PackageEvidence(request: request, signature: signature, statement: place)
    }

    private func checkTexts(of request: RebuildRequest, beside statement: FilePath) throws {
        for (kind, expected) in request.texts {
            let file = statement.removingLastComponent()
                .appending(kind.fileName(of: request.deb))
            guard Files.exists(file) else { continue }
            let found = try FileDigests(of: file).sha256
            guard found == expected else {
                throw Failure(
                    .integrity,
                    "`\(file)` is not the \(kind.rawValue) that the evidence describes: sha256"
                        + " \(found), evidence says \(expected)",
                    hint: "get it again from where the package was published")
            }
        }
    }
}
