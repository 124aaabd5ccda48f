import Foundation
import HostSystem
import SystemPackage

/// What a program told of itself in files, after its memory had been read.
struct ProgramFacts: Hashable, Decodable {
    var gc: [String: JSONValue]?
    var gcSettled: [String: JSONValue]?
    var gcHeaps: [String: [String: JSONValue]]?
    var allocator: AllocatorTotals?
    var notes: [String]

    /// What it wrote is a stranger's text: larger is no list of figures.
    private static let longest: Int64 = 4 << 20

    /// Reads the files of a folder.
    ///
    /// - Returns: facts with a note where there is nothing that can be read.
    static func read(in folder: FilePath) -> ProgramFacts {
        var facts: ProgramFacts
        do {
            facts = try JSONDecoder().decode(
                ProgramFacts.self, from: Data(try bytes(folder.appending(ProbeScript.facts))))
        } catch {
            return ProgramFacts(notes: ["the program's own figures could not be read: \(error)"])
        }
        guard facts.allocator?.name == "glibc" else { return facts }
        let file = folder.appending(ProbeScript.mallocInfo)
        if let xml = try? bytes(file),
            let totals = GlibcTotals(mallocInfo: String(decoding: xml, as: UTF8.self))
        {
            facts.allocator?.glibc = totals
        } else {
            facts.notes.append("what malloc_info(3) printed could not be read")
        }
        return facts
    }

    private static func bytes(_ file: FilePath) throws -> [UInt8] {
        guard try Files.size(of: file) <= longest else { return [] }
        return try Files.readBytes(file)
    }

    /// The counters of the trim variant, which GC.stat of no other has.
    var trim: TrimCounters? {
        guard let gc, let count = gc["malloc_trim_count"]?.integer else { return nil }
        return TrimCounters(
            count: count, nanoseconds: gc["malloc_trim_time"]?.integer,
            bytes: gc["malloc_trim_bytes"]?.integer)
    }
}

extension GlibcTotals {
    /// Takes the sums from what malloc_info(3) printed; nil for a text that lacks them.
    ///
    /// - Parameter mallocInfo: its XML.
    package init?(mallocInfo: String) {
        // Totals of all arenas stand behind the last of them.
        let parts = mallocInfo.components(separatedBy: "</heap>")
        guard parts.count > 1, let totals = parts.last else { return nil }
        func number(_ pattern: String) -> Int64? {
            guard let found = totals.firstMatch(of: Self.expression(pattern)) else { return nil }
            return Int64(found.1)
        }
        guard let free = number(#"<total type="rest" count="\d+" size="(\d+)"/>"#),
            let system = number(#"<system type="current" size="(\d+)"/>"#),
            let peak = number(#"<system type="max" size="(\d+)"/>"#)
        else { return nil }
        arenas = parts.count - 1
        self.system = system
        systemPeak = peak
        self.free = free
        fast = number(#"<total type="fast" count="\d+" size="(\d+)"/>"#)
        mapped = number(#"<total type="mmap" count="\d+" size="(\d+)"/>"#) ?? 0
        mappedCount = Int(number(#"<total type="mmap" count="(\d+)" size="\d+"/>"#) ?? 0)
    }

    private static func expression(_ pattern: String) -> Regex<(Substring, Substring)> {
        // The patterns are literals above.
        (try? Regex(pattern, as: (Substring, Substring).self)) ?? /(\z\A.)/
    }
}
