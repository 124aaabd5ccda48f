import Crypto
import Diagnostics

/// A SHA-256 digest (FIPS 180-4), written as 64 lowercase hexadecimal digits.
package struct SHA256Digest: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The 64 lowercase hexadecimal digits.
    package let hex: String

    /// Takes a digest from text; nil unless it is exactly 64 lowercase hexadecimal digits.
    package init?(hex: String) {
        guard hex.utf8.count == 64,
            hex.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else { return nil }
        self.hex = hex
    }

    /// The digest of some bytes.
    package init(of bytes: some Sequence<UInt8>) {
        var hasher = SHA256()
        hasher.update(data: Array(bytes))
        self.init(finalizing: hasher)
    }

    /// The digest of a text's UTF-8 bytes.
    package init(of text: String) {
        self.init(of: text.utf8)
    }

    init(finalizing hasher: consuming SHA256) {
        hex = hasher.finalize().hexadecimal
    }

    package var description: String { hex }

    package static func < (left: Self, right: Self) -> Bool { left.hex < right.hex }
}

extension SHA256Digest: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let digest = SHA256Digest(hex: text) else {
            throw Failure(.integrity, "not a sha256 digest: `\(text)`")
        }
        self = digest
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}

extension Sequence<UInt8> {
    /// Lowercase hexadecimal digits, two a byte.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
