import Diagnostics
import Digest
import Foundation
import HostSystem
import Store
import SystemPackage

/// What an exported cache is made of: one tar, compressed with zstd, of plain files.
///
/// | name | what |
/// |---|---|
/// | `lapidary-cache.json` | the names, sizes and digests of all other files |
/// | `blobs/ab/ab12…` | a file of the store, under its digest |
/// | `package-sets/bookworm-amd64.json` | what was resolved where no lock says it |
/// | `results/12ab….json` | what an action made |
enum CacheArchive {
    /// One file of an archive.
    enum Member: Sendable, Hashable {
        case manifest
        case blob(SHA256Digest)
        case packageSet(String)
        case result(SHA256Digest)

        /// Reads a name; nil for one that no archive has.
        init?(name: String) {
            let parts = name.split(separator: "/", omittingEmptySubsequences: false)
            switch (parts.first, parts.count) {
            case ("lapidary-cache.json", 1): self = .manifest
            case ("blobs", 3):
                guard let digest = SHA256Digest(hex: String(parts[2])),
                    parts[1] == digest.hex.prefix(2)
                else { return nil }
                self = .blob(digest)
            case ("package-sets", 2):
                guard parts[1].wholeMatch(of: /[a-z0-9][a-z0-9.+-]{0,127}\.json/) != nil else {
                    return nil
                }
                self = .packageSet(String(parts[1]))
            case ("results", 2):
                guard parts[1].hasSuffix(".json"),
                    let key = SHA256Digest(hex: String(parts[1].dropLast(5)))
                else { return nil }
                self = .result(key)
            default: return nil
            }
        }

        var name: String {
            switch self {
            case .manifest: "lapidary-cache.json"
            case .blob(let digest): "blobs/\(digest.hex.prefix(2))/\(digest)"
            case .packageSet(let name): "package-sets/\(name)"
            case .result(let key): "results/\(key).json"
            }
        }

        /// Bytes that such a file may have; no limit but the disk's for one that has a digest for
        /// its name.
        var sizeLimit: Int64 {
            switch self {
            case .manifest, .packageSet: 64 << 20
            case .result: 1 << 20
            case .blob: .max
            }
        }
    }

    /// The list of an archive's files, so that one that was cut off is known as such.
    struct Manifest: Codable, Sendable {
        struct File: Codable, Sendable, Hashable {
            let name: String
            let sha256: SHA256Digest
            /// Bytes.
            let size: Int64
        }

        static let currentSchema = 1

        let schema: Int
        /// Sorted by name.
        let files: [File]
    }

    /// - Throws: `Failure` of kind `environment` where a program is missing.
    static func requirePrograms() throws {
        for program in ["tar", "zstd"] where Executables.path(of: program) == nil {
            throw Failure(
                .environment, "the program `\(program)` is missing",
                hint: "install it: apt-get install \(program)")
        }
    }

    /// The command that packs the files of a folder: the same bytes for the same files.
    ///
    /// - Parameters:
    ///   - folder: holds the files under their names.
    ///   - list: a file with the names, each ended by a zero byte, in the archive's order.
    ///   - file: the archive.
    /// - Returns: a command that fails when a file is missing.
    static func packing(_ folder: FilePath, list: FilePath, into file: FilePath) -> Command {
        Command(
            "tar",
            [
                "--create", "--zstd", "--force-local", "--file=\(file)", "--directory=\(folder)",
                "--format=ustar", "--owner=0", "--group=0", "--numeric-owner",
                "--mode=u=rw,go=r", "--mtime=@0", "--hard-dereference", "--no-recursion",
                "--null", "--verbatim-files-from", "--files-from=\(list)",
            ], isolated: true)
    }

    /// The command that lists an archive as `ArchiveEntry` reads it.
    ///
    /// A few kB can be a listing, or a file, without end: 64 MiB and an hour of the processor are
    /// more than an honest archive takes.
    ///
    /// - Parameters:
    ///   - file: the archive.
    ///   - listing: the file that receives the lines.
    /// - Returns: a command that fails when the archive cannot be read to its end.
    static func listing(_ file: FilePath, into listing: FilePath) -> Command {
        Command(
            "prlimit",
            [
                "--core=0", "--fsize=\(64 << 20)", "--cpu=3600", "tar", "--list", "--verbose",
                "--zstd", "--force-local", "--file=\(file)", "--numeric-owner", "--full-time",
                "--utc", "--absolute-names", "--quoting-style=c", "--index-file=\(listing)",
            ], isolated: true)
    }

    /// The command that unpacks an archive, whose listing was judged, into an empty folder.
    static func unpacking(_ file: FilePath, into folder: FilePath) -> Command {
        Command(
            "tar",
            [
                "--extract", "--zstd", "--force-local", "--file=\(file)", "--directory=\(folder)",
                "--no-same-owner", "--no-same-permissions", "--keep-old-files", "--touch",
            ], isolated: true)
    }
}
