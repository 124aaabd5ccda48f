/// How much an archive may hold.
struct ArchiveLimits: Sendable, Hashable {
    var entries = 200_000
    /// Bytes of all files together, as they would be unpacked.
    var bytes: Int64 = 2_000_000_000
    /// Processor seconds and bytes of memory that listing may take; a bomb takes more.
    var seconds = 120
    var memory: Int64 = 2 << 30
}

/// Decides, entry by entry, whether tar may unpack an archive.
///
/// A link may climb with `..` only at its beginning, and no entry is written through a link; so
/// each link's own place is known, and what it leads to can be told without following anything.
struct ArchiveJudge: Sendable {
    /// Why an archive is refused, to complete "the archive is refused: …".
    struct Refusal: Error, Hashable {
        let reason: String
    }

    private let limits: ArchiveLimits
    /// How many leading folders tar leaves out of every name (`--strip-components`).
    private let stripped: Int
    private var entries = 0
    private var bytes: Int64 = 0
    /// What lies where, by the path below the folder that is unpacked into.
    private var places: [String: Place] = [:]

    private enum Place {
        case file, folder, link
    }

    init(limits: ArchiveLimits, stripped: Int) {
        self.limits = limits
        self.stripped = stripped
    }

    /// Judges the next entry.
    mutating func take(_ entry: ArchiveEntry) throws(Refusal) {
        entries += 1
        guard entries <= limits.entries else {
            throw Refusal(reason: "it has more than \(limits.entries) entries")
        }
        let shown = "`\(entry.name.shown)`"
        if case .other(let letter) = entry.kind {
            throw Refusal(reason: "\(shown) is \(Self.kindName(letter))")
        }
        let path = try path(of: entry.name, shown)
        // In `-rwsr-sr-t` the letters for setuid and setgid stand at 3 and 6 (ls(1)).
        let letters = Array(entry.mode)
        guard !"sS".contains(letters[3]), !"sS".contains(letters[6]) else {
            throw Refusal(reason: "\(shown) has the setuid or the setgid bit")
        }
        bytes += min(entry.size, limits.bytes + 1)
        guard bytes <= limits.bytes else {
            throw Refusal(reason: "it holds more than \(limits.bytes) bytes")
        }
        switch entry.kind {
        case .file: try put(.file, at: path, shown)
        case .folder: try put(.folder, at: path, shown)
        case .link(let target):
            try check(link: target, from: path, shown)
            try put(.link, at: path, shown)
        case .hardLink(let target):
            let file = try self.path(of: target, "the target of \(shown)")
            guard !path.isEmpty, places[file.joined(separator: "/")] == .file else {
                throw Refusal(
                    reason: "\(shown) is a hard link to `\(target.shown)`,"
                        + " which is no file that stands before it")
            }
            try put(.file, at: path, shown)
        case .other: break
        }
    }

    /// Judges the archive as a whole, when every entry was taken.
    func finish() throws(Refusal) {
        guard entries > 0 else { throw Refusal(reason: "it holds nothing") }
        for path in places.keys.sorted() {
            var parent = path[...]
            while let slash = parent.lastIndex(of: "/") {
                parent = parent[..<slash]
                if case .link? = places[String(parent)] {
                    throw Refusal(
                        reason: "`\(path)` would be written through the link `\(parent)`")
                }
            }
        }
    }

    /// The parts of a path below the folder that is unpacked into; none for what tar leaves out.
    private func path(of name: ArchiveEntry.Name, _ shown: String) throws(Refusal) -> [Substring] {
        guard name.isText else {
            throw Refusal(reason: "\(shown) has control characters, or bytes that are no text")
        }
        guard !name.text.hasPrefix("/") else {
            throw Refusal(reason: "\(shown) is an absolute name")
        }
        // tar takes no more than the first slash after a part that it strips, so what follows an
        // empty part would become an absolute name.
        guard !name.text.isEmpty, !name.text.contains("//") else {
            throw Refusal(reason: "\(shown) has an empty part in its name")
        }
        let parts = name.text.split(separator: "/")
        guard !parts.contains("..") else {
            throw Refusal(reason: "\(shown) has `..` in its name")
        }
        return parts.dropFirst(stripped).filter { $0 != "." }
    }

    private func check(link target: ArchiveEntry.Name, from path: [Substring], _ shown: String)
        throws(Refusal)
    {
        guard target.isText else {
            throw Refusal(
                reason: "the target of \(shown) has control characters, or bytes that are no text")
        }
        let parts = target.text.split(separator: "/").filter { $0 != "." }
        let climbs = parts.prefix { $0 == ".." }.count
        guard !target.text.hasPrefix("/"), climbs < path.count,
            !parts.dropFirst(climbs).contains("..")
        else {
            throw Refusal(reason: "the link \(shown) leads out of the tree: `\(target.shown)`")
        }
    }

    private mutating func put(_ place: Place, at path: [Substring], _ shown: String)
        throws(Refusal)
    {
        guard !path.isEmpty else { return }
        let key = path.joined(separator: "/")
        if let earlier = places.updateValue(place, forKey: key),
            earlier == .link || place == .link
        {
            throw Refusal(reason: "\(shown) is in it twice, and once as a link")
        }
    }

    private static func kindName(_ letter: Character) -> String {
        switch letter {
        case "b", "c": "a device"
        case "p": "a named pipe"
        default: "of a kind that no source has (`\(letter)`)"
        }
    }
}
