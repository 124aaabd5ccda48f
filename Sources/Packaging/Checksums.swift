import Diagnostics

/// The text of `DEBIAN/md5sums`, by which `dpkg --verify` checks installed files.
package enum Checksums {
    /// One line a file, as deb-md5sums(5) has it, sorted by the bytes of the path.
    ///
    /// - Parameter files: the path of each regular file from the root of the package, with or
    ///   without a leading slash, and its MD5 in 32 lowercase hexadecimal digits.
    /// - Returns: the file's text.
    /// - Throws: `Failure` of kind `failed` for a path with a newline, which has no spelling here.
    package static func md5sums(_ files: [(path: String, md5: String)]) throws -> String {
        let relative = files.map { file in
            (path: String(file.path.drop { $0 == "/" }), md5: file.md5)
        }
        if let bad = relative.first(where: { $0.path.utf8.contains(10) }) {
            throw Failure(
                .failed, "cannot package a file with a newline in its name: `\(bad.path)`")
        }
        return
            relative
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
            .map { "\($0.md5)  \($0.path)\n" }
            .joined()
    }
}
