/// The Installed-Size rule of deb-substvars(5), which no file system or mount option can move.
package enum InstalledSize {
    /// One entry of the packaged tree.
    package enum Entry: Sendable, Hashable {
        /// A regular file or a symbolic link, with its size in bytes (a link's is its target's
        /// length).
        case content(bytes: Int64)
        /// A further name of a file that was already counted.
        case hardLink
        /// A folder or anything else.
        case other
    }

    /// The size in KiB: content rounded up to whole KiB each, 1 KiB for each other entry.
    package static func kibibytes(of entries: some Sequence<Entry>) -> Int64 {
        entries.reduce(0) { sum, entry in
            switch entry {
            case .content(let bytes): sum + (bytes + 1023) / 1024
            case .hardLink: sum
            case .other: sum + 1
            }
        }
    }
}
