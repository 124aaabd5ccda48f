import Diagnostics
package import Digest
import HostSystem
package import SystemPackage

/// Files kept under the digest of their bytes; nothing else can enter.
package struct ArtifactStore: Sendable {
    package let home: Home

    package init(home: Home) {
        self.home = home
    }

    /// Where the bytes of a digest are kept, whether they are there or not.
    package func path(of digest: SHA256Digest) -> FilePath {
        home.blobs.appending(String(digest.hex.prefix(2))).appending(digest.hex)
    }

    package func contains(_ digest: SHA256Digest) -> Bool {
        Files.exists(path(of: digest))
    }

    /// Whether the bytes of a digest are kept, as a file or, those of a root, as an unpacked tree.
    package func has(_ digest: SHA256Digest) -> Bool {
        contains(digest) || Files.isDirectory(tree(of: digest))
    }

    /// Where the unpacked tree of a root is kept, whether it is there or not.
    package func tree(of root: SHA256Digest) -> FilePath {
        home.roots.appending(root.hex)
    }

    /// The digests of all files, in their order.
    ///
    /// - Throws: `Failure` of kind `environment` when the home cannot be read.
    package func files() throws -> [SHA256Digest] {
        guard Files.isDirectory(home.blobs) else { return [] }
        return try Files.names(in: home.blobs).flatMap { prefix -> [SHA256Digest] in
            let folder = home.blobs.appending(prefix)
            guard Files.isDirectory(folder) else { return [] }
            return try Files.names(in: folder).compactMap(SHA256Digest.init(hex:))
                .filter { $0.hex.hasPrefix(prefix) && prefix.utf8.count == 2 }
        }
    }

    /// The digests of all unpacked roots, in their order.
    ///
    /// - Throws: `Failure` of kind `environment` when the home cannot be read.
    package func roots() throws -> [SHA256Digest] {
        guard Files.isDirectory(home.roots) else { return [] }
        return try Files.names(in: home.roots).compactMap(SHA256Digest.init(hex:))
    }

    /// The path of a stored file whose bytes were just hashed again.
    ///
    /// - Parameter digest: the digest asked for.
    /// - Returns: the path, or nil when the store does not have the file.
    /// - Throws: `Failure` of kind `integrity` when the bytes changed on disk; the damaged file is
    ///   dropped, so that the next run makes it anew.
    package func verified(_ digest: SHA256Digest) throws -> FilePath? {
        let path = path(of: digest)
        guard Files.exists(path) else { return nil }
        let found = try FileDigests(of: path).sha256
        guard found == digest else {
            try Files.remove(path)
            throw Failure(
                .integrity,
                "the stored file `\(path)` was damaged: expected sha256 \(digest), found \(found)",
                hint: "it was dropped from the store; run the same command again to make it anew")
        }
        return path
    }

    /// Keeps bytes that are at hand, such as a script of the project.
    package func insert(_ bytes: [UInt8]) throws {
        let digest = SHA256Digest(of: bytes)
        if contains(digest) { return }
        let file = home.temporary.appending(digest.hex)
        try Files.write(bytes, to: file)
        try adopt(file, expecting: digest, name: digest.hex)
    }

    /// Moves a finished file into the store.
    ///
    /// - Parameters:
    ///   - file: a file on the home's file system; it is gone from its place afterwards.
    ///   - expected: the digest it must have, if that is known beforehand.
    ///   - name: what the file is, for the message.
    /// - Returns: size and digests of the file.
    /// - Throws: `Failure` of kind `integrity` for other bytes than expected; nothing is kept.
    @discardableResult
    package func adopt(_ file: FilePath, expecting expected: SHA256Digest? = nil, name: String)
        throws -> FileDigests
    {
        let digests = try FileDigests(of: file)
        if let expected, digests.sha256 != expected {
            try? Files.remove(file)
            throw Failure(
                .integrity,
                "wrong bytes for \(name): expected sha256 \(expected), found \(digests.sha256)",
                hint: "the file was thrown away; if the recipe is right, try another mirror")
        }
        let destination = path(of: digests.sha256)
        try Files.createDirectory(destination.removingLastComponent())
        try Files.setMode(0o444, of: file)
        try Files.move(file, to: destination)
        return digests
    }
}
