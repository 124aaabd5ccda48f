package import Debian
import Diagnostics
package import Digest
import HostSystem
package import SystemPackage

/// A package that a repository offers.
package struct PublishedPackage: Sendable, Hashable {
    package let name: String
    package let version: DebianVersion
    /// Its file in the pool.
    package let file: FilePath
    package let sha256: SHA256Digest
}

extension Repository {
    /// The newest version of a package that a suite lists.
    ///
    /// - Parameters:
    ///   - name: the package's.
    ///   - architecture: such as `amd64`.
    ///   - suite: such as `bookworm`.
    /// - Returns: nil when the suite lists none, or does not exist.
    /// - Throws: `Failure` of kind `integrity` when the suite's signature does not fit, or the file
    ///   is gone or has other bytes than the suite says.
    package func newest(_ name: String, architecture: String, in suite: String) async throws
        -> PublishedPackage?
    {
        guard let listed = try await published(suite) else { return nil }
        let entries = listed.entries.values.flatMap { $0 }.filter {
            $0.name.text == name && $0.architecture == architecture
        }
        guard let entry = entries.max(by: { $0.version < $1.version }) else { return nil }
        let file = root.pushing(FilePath(entry.filename))
        guard Files.exists(file), !Files.isDirectory(file) else {
            throw Failure(
                .integrity, "`\(file)` is missing, and `\(suite)` lists it",
                hint: "restore the repository from a copy")
        }
        let found = try FileDigests(of: file).sha256
        guard found.hex == entry.sha256 else {
            throw Failure(
                .integrity, "`\(file)` is not the file that `\(suite)` lists",
                details: ["listed: sha256 \(entry.sha256)", "found:  sha256 \(found)"],
                hint: "somebody changed it; restore the repository from a copy")
        }
        return PublishedPackage(name: name, version: entry.version, file: file, sha256: found)
    }
}
