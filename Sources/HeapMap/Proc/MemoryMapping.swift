/// One mapping of a process: a line of /proc/PID/maps, with the figures of smaps where they were
/// read (proc_pid_maps(5), proc_pid_smaps(5)).
package struct MemoryMapping: Sendable, Hashable {
    package let range: Range<UInt64>
    package let isReadable: Bool
    package let isWritable: Bool
    /// Private (copy on write), not shared.
    package let isPrivate: Bool
    /// The device and inode of a file are zero for memory that belongs to no file.
    package let isAnonymous: Bool
    /// A file, a kernel's name in brackets, or nothing.
    package let name: String
    /// Bytes in memory (`Rss`).
    package internal(set) var resident: UInt64 = 0
    /// Bytes in memory, each divided by how many processes share it (`Pss`).
    package internal(set) var proportional: UInt64 = 0
    /// Bytes in memory that are the process's own (`Anonymous`).
    package internal(set) var anonymous: UInt64 = 0
    /// Bytes swapped out (`Swap`).
    package internal(set) var swapped: UInt64 = 0

    package var size: UInt64 { range.upperBound - range.lowerBound }
    /// The last part of a file's path.
    var fileName: Substring { name.split(separator: "/").last ?? "" }

    /// The mapping that a line such as `55e0-55f1 rw-p 00000000 00:00 0   [heap]` describes.
    package init?(line: Substring) {
        let parts = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
        guard parts.count >= 5, parts[1].utf8.count == 4 else { return nil }
        let bounds = parts[0].split(separator: "-")
        guard bounds.count == 2, let start = UInt64(bounds[0], radix: 16),
            let end = UInt64(bounds[1], radix: 16), start < end
        else { return nil }
        range = start..<end
        let permissions = Array(parts[1].utf8)
        isReadable = permissions[0] == UInt8(ascii: "r")
        isWritable = permissions[1] == UInt8(ascii: "w")
        isPrivate = permissions[3] == UInt8(ascii: "p")
        isAnonymous = parts[4] == "0"
        let name = parts.count > 5 ? parts[5] : ""
        self.name = String(name.drop { $0 == " " })
    }

    /// The mappings of a maps or smaps file, in the order of their addresses.
    package static func parse(_ text: String) -> [MemoryMapping] {
        var mappings: [MemoryMapping] = []
        for line in text.split(separator: "\n") {
            // A figure's name is a capitalised word and a colon; addresses are lower-case hex.
            guard let first = line.utf8.first, (65...90).contains(first) else {
                if let mapping = MemoryMapping(line: line) { mappings.append(mapping) }
                continue
            }
            guard !mappings.isEmpty else { continue }
            mappings[mappings.count - 1].take(line)
        }
        return mappings
    }

    private mutating func take(_ line: Substring) {
        let words = line.split(separator: " ", omittingEmptySubsequences: true)
        guard words.count == 3, words[2] == "kB", let kilobytes = UInt64(words[1]) else { return }
        switch words[0] {
        case "Rss:": resident = kilobytes << 10
        case "Pss:": proportional = kilobytes << 10
        case "Anonymous:": anonymous = kilobytes << 10
        case "Swap:": swapped = kilobytes << 10
        default: break
        }
    }
}
