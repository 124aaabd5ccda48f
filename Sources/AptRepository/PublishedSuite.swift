import Debian
import Diagnostics
import Digest
import HostSystem
import SystemPackage

/// A suite as it stands in a repository, believed only as far as its signature reaches.
struct PublishedSuite {
    /// `dists/<suite>`.
    let folder: FilePath
    let release: ReleaseFile
    /// All packages of each component, each once.
    let entries: [String: [PackageEntry]]

    /// Reads a suite; nil when there is none yet.
    ///
    /// The signature is checked although the suite is ours: whoever changed an index would
    /// otherwise have it signed by us with the next publication.
    ///
    /// - Throws: `Failure` of kind `integrity` when signature, size or digest do not fit.
    static func read(
        _ folder: FilePath, verifier: SignatureVerifier,
        expiredKeys: SignatureVerifier.ExpiredKeys
    ) async throws -> PublishedSuite? {
        guard Files.exists(folder) else { return nil }
        let signed = folder.appending("InRelease")
        guard Files.exists(signed) else {
            throw Failure(
                .integrity, "`\(folder)` has no InRelease",
                hint: "another tool made it; publish into a folder of our own")
        }
        let text = try await verifier.text(ofClearSigned: signed, expiredKeys: expiredKeys)
        let release = try ReleaseFile(parsing: text, source: signed.string)
        var entries: [String: [PackageEntry]] = [:]
        for component in release.components {
            var seen: Set<String> = []
            for architecture in release.architectures {
                let path = "\(component)/binary-\(architecture)/Packages"
                let index = try readIndex(path, in: folder, release: release)
                entries[component, default: []] += index.entries.filter {
                    seen.insert($0.filename).inserted
                }
            }
        }
        return PublishedSuite(folder: folder, release: release, entries: entries)
    }

    private static func readIndex(
        _ path: String, in folder: FilePath, release: ReleaseFile
    ) throws -> PackagesIndex {
        let file = folder.appending(path)
        guard let listed = release.files.first(where: { $0.path == path }) else {
            throw Failure(.integrity, "the Release of `\(folder)` does not list `\(path)`")
        }
        guard Files.exists(file) else {
            throw Failure(.integrity, "`\(file)` is missing")
        }
        // The bytes that are digested are the bytes that are parsed.
        let bytes = try Files.readBytes(file)
        let found = SHA256Digest(of: bytes).hex
        guard found == listed.sha256 else {
            throw Failure(
                .integrity, "`\(file)` does not match its signed digest",
                details: ["signed: sha256 \(listed.sha256)", "found:  sha256 \(found)"],
                hint: "somebody changed it; restore the repository from a copy")
        }
        return try PackagesIndex(
            parsing: String(decoding: bytes, as: UTF8.self), source: file.string)
    }
}
