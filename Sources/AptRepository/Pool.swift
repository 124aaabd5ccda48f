import Debian
import Diagnostics
import Digest
import HostSystem
import SystemPackage

/// The package files of a repository; one is never overwritten.
struct Pool {
    let root: FilePath

    /// Whether the pool has the file of a package already.
    ///
    /// - Throws: `Failure` of kind `integrity` when the place is taken by other bytes.
    func holds(_ deb: DebFile) throws -> Bool {
        let path = root.appending(deb.entry.filename)
        guard Files.exists(path) else { return false }
        let found = try FileDigests(of: path).sha256.hex
        guard found == deb.entry.sha256 else {
            throw Self.conflict(deb, published: found, place: "`\(path)`")
        }
        return true
    }

    /// What to say when a known version comes with other bytes.
    static func conflict(_ deb: DebFile, published: String, place: String) -> Failure {
        let entry = deb.entry
        return Failure(
            .integrity,
            "\(entry.name) \(entry.version) \(entry.architecture) is published with other bytes",
            details: [
                "published: sha256 \(published) in \(place)",
                "given:     sha256 \(entry.sha256) in `\(deb.path)`",
            ],
            hint: "raise the package's revision; machines that have this version would never "
                + "get the new bytes")
    }

    /// Copies files that the pool lacks, runs `body`, and takes them away again if it fails.
    func adding<Value>(_ debs: [DebFile], _ body: () async throws -> Value) async throws -> Value {
        if Files.exists(root) {
            try DiskSpace.require(
                debs.reduce(0) { $0 + $1.entry.size }, at: root, purpose: "to publish packages")
        }
        var added: [FilePath] = []
        do {
            for deb in debs {
                let path = root.appending(deb.entry.filename)
                // One file may be given twice.
                if Files.exists(path) { continue }
                added.append(path)
                try copy(deb, to: path)
            }
            return try await body()
        } catch {
            for path in added { withdraw(path) }
            throw error
        }
    }

    private func copy(_ deb: DebFile, to path: FilePath) throws {
        try Files.createDirectory(path.removingLastComponent())
        // Bytes of our own: a hard link would change with a file that is built again in place.
        try Files.write(try Files.readBytes(deb.path), to: path)
        guard try FileDigests(of: path).sha256 == deb.digests.sha256 else {
            throw Failure(.integrity, "`\(deb.path)` changed while it was being published")
        }
    }

    /// Removes a file that no index lists yet, and the folders that are empty without it.
    private func withdraw(_ path: FilePath) {
        try? Files.remove(path)
        var folder = path.removingLastComponent()
        while folder != root, (try? Files.names(in: folder))?.isEmpty == true {
            try? Files.remove(folder)
            folder = folder.removingLastComponent()
        }
    }
}
