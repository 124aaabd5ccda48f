import SystemPackage

/// The mounted file systems, as /proc/self/mountinfo lists them (proc(5)).
struct MountTable: Sendable {
    /// One mounted file system.
    struct Mount: Sendable, Hashable {
        let point: String
        let fileSystem: String
        /// Of the mount and of the file system below it.
        let options: Set<String>
    }

    let mounts: [Mount]

    init(mountinfo: String) {
        mounts = mountinfo.split(whereSeparator: \.isNewline).compactMap(Self.mount)
    }

    /// The file system that holds an absolute path without links: of mounts on one point, the last
    /// hides the others.
    func mount(of path: FilePath) -> Mount? {
        var best: Mount?
        for mount in mounts where path.starts(with: FilePath(mount.point)) {
            if mount.point.utf8.count >= best?.point.utf8.count ?? 0 { best = mount }
        }
        return best
    }

    // Such as `36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/root rw,errors=continue`.
    private static func mount(_ line: Substring) -> Mount? {
        let words = line.split(separator: " ").map(String.init)
        guard let dash = words.dropFirst(6).firstIndex(of: "-"), words.count > dash + 3 else {
            return nil
        }
        let options = words[5].split(separator: ",") + words[dash + 3].split(separator: ",")
        return Mount(
            point: unescaped(words[4]), fileSystem: words[dash + 1],
            options: Set(options.map(String.init)))
    }

    /// Blanks and backslashes stand as octal numbers: `\040`.
    private static func unescaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(3), as: UTF8.self)
            if byte == UInt8(ascii: "\\"), digits.utf8.count == 3,
                let code = UInt8(digits, radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
