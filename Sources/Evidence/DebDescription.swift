package import Debian
package import Digest

/// A finished .deb: what it says of itself, and what was measured of its bytes.
package struct DebDescription: Sendable, Hashable {
    package let fileName: String
    /// Bytes.
    package let size: Int64
    /// 32 lowercase hexadecimal digits.
    package let md5: String
    /// 40 lowercase hexadecimal digits.
    package let sha1: String
    package let sha256: SHA256Digest
    /// Its control file.
    package let control: ControlStanza

    package init(
        fileName: String, size: Int64, md5: String, sha1: String, sha256: SHA256Digest,
        control: ControlStanza
    ) {
        self.fileName = fileName
        self.size = size
        self.md5 = md5
        self.sha1 = sha1
        self.sha256 = sha256
        self.control = control
    }
}
