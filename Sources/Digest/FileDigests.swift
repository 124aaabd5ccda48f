import Crypto
import Diagnostics
package import SystemPackage

/// The size and SHA-256 digest of a file's bytes.
package struct FileDigests: Sendable, Hashable {
    /// Bytes.
    package let size: Int64
    package let sha256: SHA256Digest

    /// Reads a file once and digests it.
    ///
    /// - Parameter path: the file; a symbolic link at its end is refused, not followed.
    /// - Throws: `Failure` of kind `environment` when the file cannot be read.
    package init(of path: FilePath) throws {
        var hasher = SHA256()
        size = try Self.feed(path, to: &hasher)
        sha256 = SHA256Digest(finalizing: hasher)
    }

    /// A file's MD5 in lowercase hexadecimal digits, which `md5sums` in a .deb (deb-md5sums(5)) and
    /// an index field still want; nothing here trusts it.
    ///
    /// - Parameter path: the file; a symbolic link at its end is refused, not followed.
    /// - Returns: 32 digits.
    /// - Throws: `Failure` of kind `environment` when the file cannot be read.
    package static func md5(of path: FilePath) throws -> String {
        var hasher = Insecure.MD5()
        _ = try feed(path, to: &hasher)
        return hasher.finalize().hexadecimal
    }

    /// A file's SHA-1 in lowercase hexadecimal digits, which deb-buildinfo(5) wants; nothing here
    /// trusts it.
    ///
    /// - Parameter path: the file; a symbolic link at its end is refused, not followed.
    /// - Returns: 40 digits.
    /// - Throws: `Failure` of kind `environment` when the file cannot be read.
    package static func sha1(of path: FilePath) throws -> String {
        var hasher = Insecure.SHA1()
        _ = try feed(path, to: &hasher)
        return hasher.finalize().hexadecimal
    }

    /// Feeds a file's bytes to a hash function and counts them.
    private static func feed(_ path: FilePath, to hasher: inout some HashFunction) throws -> Int64 {
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: [.noFollow, .closeOnExec])
            return try file.closeAfter {
                let chunk = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: 1 << 20, alignment: 16)
                defer { chunk.deallocate() }
                var total: Int64 = 0
                while true {
                    let count = try file.read(into: chunk)
                    if count == 0 { return total }
                    hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: chunk[..<count]))
                    total += Int64(count)
                }
            }
        } catch let error as Errno {
            throw Failure(.environment, "cannot read `\(path)`: \(error)")
        }
    }
}
