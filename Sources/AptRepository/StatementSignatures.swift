import Diagnostics
import Digest
import HostSystem
import SystemPackage

/// in-toto statements in the pool are signed with the repository's key.
extension Repository {
    /// What the name of a statement ends with.
    static let statementSuffix = ".intoto.json"

    /// Signs the statements that have no signature in the pool yet.
    ///
    /// A signature has the time at which it was made, so one that is there is kept: publishing the
    /// same again changes nothing.
    ///
    /// - Parameters:
    ///   - files: what goes into the pool, or lies there already.
    ///   - key: whose signature it is.
    ///   - body: what is done with the new signatures, while their files exist.
    /// - Returns: what `body` returns.
    /// - Throws: `Failure` of kind `integrity` when a signature in the pool is not good.
    func withSignatures<Value>(
        of files: [PoolFile], by key: ArchiveKey, _ body: ([PoolFile]) async throws -> Value
    ) async throws -> Value {
        try await TemporaryDirectory.with(in: "/tmp", name: "lapidary-sign") { folder in
            let keys = folder.appending("keys.pgp")
            let verifier = DetachedSignature(runner: runner)
            try Files.write(try await signer.exportEverything(), to: keys)
            var made: [PoolFile] = []
            for (index, file) in files.enumerated() where file.place.hasSuffix(Self.statementSuffix)
            {
                let published = root.appending(file.place)
                if Files.exists(published),
                    try await verifier.state(of: published, keyring: keys) != .unsigned
                {
                    continue
                }
                let place = DetachedSignature.place(of: FilePath(file.place))
                guard !Files.exists(root.appending(place.string)) else {
                    throw Failure(
                        .integrity, "`\(root.appending(place.string))` signs a file that is gone",
                        hint: "restore the repository from a copy, or remove the signature")
                }
                let output = folder.appending("\(index).asc")
                try await signer.sign(file.source, to: output, with: key)
                made.append(
                    PoolFile(
                        source: output, place: place.string, digests: try FileDigests(of: output),
                        title: "the signature `\(place.lastComponent?.string ?? "")`"))
            }
            return try await body(made)
        }
    }
}
