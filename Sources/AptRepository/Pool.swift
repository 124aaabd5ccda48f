import Diagnostics
import Digest
import HostSystem
import SystemPackage

/// A file that is to lie in a pool: a package, or what lies beside one.
struct PoolFile {
    /// Where its bytes are now.
    let source: FilePath
    /// Where they go, below the repository's root.
    let place: String
    let digests: FileDigests
    /// What it is called when its place is taken.
    let title: String
}

/// The package files of a repository; one is never overwritten.
struct Pool {
    let root: FilePath

    /// Whether the pool has a file already.
    ///
    /// - Throws: `Failure` of kind `integrity` when the place is taken by other bytes.
    func holds(_ file: PoolFile) throws -> Bool {
        let path = root.appending(file.place)
        guard Files.exists(path) else { return false }
        let found = try FileDigests(of: path).sha256
        guard found == file.digests.sha256 else {
            throw Self.conflict(file, published: found.hex, place: "`\(path)`")
        }
        return true
    }

    /// What to say when a known version comes with other bytes.
    static func conflict(_ file: PoolFile, published: String, place: String) -> Failure {
        Failure(
            .integrity, "\(file.title) is published with other bytes",
            details: [
                "published: sha256 \(published) in \(place)",
                "given:     sha256 \(file.digests.sha256) in `\(file.source)`",
            ],
            hint: "raise the package's revision; machines that have this version would never "
                + "get the new bytes")
    }

    /// Copies files that the pool lacks, runs `body`, and takes them away again if it fails.
    func adding<Value>(_ files: [PoolFile], _ body: () async throws -> Value) async throws
        -> Value
    {
        if Files.exists(root) {
            try DiskSpace.require(
                files.reduce(0) { $0 + $1.digests.size }, at: root, purpose: "to publish packages")
        }
        var added: [FilePath] = []
        do {
            for file in files {
                let path = root.appending(file.place)
                // One file may be given twice.
                if Files.exists(path) { continue }
                added.append(path)
                try copy(file, to: path)
            }
            return try await body()
        } catch {
            for path in added { withdraw(path) }
            throw error
        }
    }

    private func copy(_ file: PoolFile, to path: FilePath) throws {
        try Files.createDirectory(path.removingLastComponent())
        // Bytes of our own: a hard link would change with a file that is built again in place.
        try Files.write(try Files.readBytes(file.source), to: path)
        guard try FileDigests(of: path).sha256 == file.digests.sha256 else {
            throw Failure(.integrity, "`\(file.source)` changed while it was being published")
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
