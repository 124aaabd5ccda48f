import Crypto
import Diagnostics
package import SystemPackage

/// The size and digests of a file's bytes, taken in one pass.
package struct FileDigests: Sendable, Hashable {
    /// Bytes.
    package let size: Int64
    package let sha256: SHA256Digest
    /// MD5, which `md5sums` in a .deb (deb-md5sums(5)) and old index fields still want.
    package let md5: String

    /// Reads a file once and digests it.
    ///
    /// - Parameter path: the file; a symbolic link at its end is refused, not followed.
    /// - Throws: `Failure` of kind `environment` when the file cannot be read.
    package init(of path: FilePath) throws {
        var sha256 = SHA256()
        var md5 = Insecure.MD5()
        var total: Int64 = 0
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: [.noFollow, .closeOnExec])
            try file.closeAfter {
                let chunk = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: 1 << 20, alignment: 16)
                defer { chunk.deallocate() }
                while true {
                    let count = try file.read(into: chunk)
                    if count == 0 { break }
                    let bytes = UnsafeRawBufferPointer(rebasing: chunk[..<count])
                    sha256.update(bufferPointer: bytes)
                    md5.update(bufferPointer: bytes)
                    total += Int64(count)
                }
            }
        } catch let error as Errno {
            throw Failure(.environment, "cannot read `\(path)`: \(error)")
        }
        size = total
        self.sha256 = SHA256Digest(finalizing: sha256)
        self.md5 = md5.finalize().hexadecimal
    }
}
