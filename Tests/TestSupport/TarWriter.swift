import Foundation

/// Writes tar archives (the format `ustar`, POSIX.1-1988) that no honest program would.
package struct TarWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package static let file: Character = "0"
    package static let hardLink: Character = "1"
    package static let link: Character = "2"
    package static let device: Character = "3"
    package static let folder: Character = "5"
    package static let pipe: Character = "6"

    /// Adds an entry.
    ///
    /// - Parameters:
    ///   - name: at most 100 bytes.
    ///   - type: the entry's type flag.
    ///   - target: what a link leads to.
    ///   - mode: permission bits.
    ///   - body: the file's bytes.
    ///   - size: the size that the header claims, if not that of the body.
    package mutating func add(
        _ name: String, _ type: Character = file, to target: String = "", mode: Int = 0o644,
        body: [UInt8] = [], claiming size: Int? = nil
    ) {
        func text(_ value: String, _ length: Int) -> [UInt8] {
            Array(value.utf8) + [UInt8](repeating: 0, count: length - value.utf8.count)
        }
        func octal(_ value: Int, _ length: Int) -> [UInt8] {
            let digits = String(value, radix: 8)
            return text(String(repeating: "0", count: length - 1 - digits.count) + digits, length)
        }
        let start =
            text(name, 100) + octal(mode, 8) + octal(0, 8) + octal(0, 8)
            + octal(size ?? body.count, 12) + octal(1_744_156_800, 12)
        let end =
            Array(String(type).utf8) + text(target, 100) + Array("ustar\u{0}00".utf8)
            + text("root", 32) + text("root", 32) + octal(0, 8) + octal(0, 8)
            + [UInt8](repeating: 0, count: 167)
        let sum = (start + end).reduce(8 * 0x20) { $0 + Int($1) }
        bytes += start + octal(sum, 7) + [0x20] + end + body
        bytes += [UInt8](repeating: 0, count: (512 - body.count % 512) % 512)
    }

    /// The archive with the two empty blocks that end it.
    package var archive: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}
