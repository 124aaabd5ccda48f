import Foundation
import HeapMap
import Terminal

/// A map of memory as people read it.
struct HeapMapText {
    private let map: ProcessMap
    private let style: Style

    /// How many arenas get a line of their own.
    private static let mostArenas = 20
    /// Characters of the picture.
    private static let width = 64

    init(_ map: ProcessMap, style: Style) {
        self.map = map
        self.style = style
    }

    var text: String {
        var parts = [headline]
        if case .glibc(let heap) = map.heap {
            parts += [arenas(of: heap), verdict(on: heap), picture(of: heap)]
            if let runs = freeRuns(of: heap) { parts.append(runs) }
        }
        if let ruby = map.ruby { parts.append(objects(of: ruby)) }
        parts.append(regions)
        if case .foreign(let reason) = map.heap { parts.append("map unavailable: \(reason)") }
        return parts.joined(separator: "\n\n")
    }

    private func bytes(_ count: UInt64) -> String { Readable.bytes(Int64(clamping: count)) }

    private func milliseconds(_ duration: Duration) -> String {
        "\(((duration / .milliseconds(1)) * 10).rounded() / 10) ms"
    }

    private var headline: String {
        let threads = map.threads == 1 ? "1 thread" : "\(map.threads) threads"
        let again = map.looks == 1 ? "" : ", after \(map.looks - 1) looks in the middle of malloc"
        return "\(style.strong(map.name)) (process \(map.process), \(threads)):"
            + " \(bytes(map.memory.resident)) in memory;"
            + " stood still for \(milliseconds(map.stopped))\(again)"
    }

    private func arenas(of heap: GlibcHeap) -> String {
        let shown = heap.arenas.sorted { ($1.system, $0.number) < ($0.system, $1.number) }
            .prefix(Self.mostArenas).sorted { $0.number < $1.number }
        var rows = shown.map { row($0.number == 0 ? "main" : "\($0.number)", [$0]) }
        let shownNumbers = Set(shown.map(\.number))
        let rest = heap.arenas.filter { !shownNumbers.contains($0.number) }
        if !rest.isEmpty { rows.append(row("\(rest.count) more", rest)) }
        if heap.arenas.count > 1 { rows.append(row("all \(heap.arenas.count)", heap.arenas)) }
        let table = Table(
            header: [
                "ARENA", "SYSTEM", "IN USE", "FREE", "TCACHE", "FASTBINS", "TOP", "RESIDENT",
                "TRIMMABLE",
            ], rows: rows, rightAligned: Set(1...8))
        let version = heap.version.map { "glibc \($0)" } ?? "glibc of unknown version"
        let mapped = heap.mapped.map { mapped in
            let resident = mapped.resident.map { ", \(bytes($0)) in memory" } ?? ""
            return "\n\(mapped.count) chunks with mappings of their own: \(bytes(mapped.bytes))"
                + resident
        }
        return "\(version)\n\(table.text(style: style))\(mapped ?? "")"
    }

    private func row(_ name: String, _ arenas: [GlibcHeap.Arena]) -> [String] {
        func sum(_ value: (GlibcHeap.Arena) -> UInt64) -> String {
            bytes(arenas.reduce(0) { $0 + value($1) })
        }
        return [
            name, sum(\.system), sum(\.inUse.bytes), sum(\.free.bytes), sum(\.cached.bytes),
            sum(\.fast.bytes), sum(\.top), sum(\.resident), sum(\.trimmable),
        ]
    }

    private func verdict(on heap: GlibcHeap) -> String {
        let resident = map.memory.resident
        let share = Int((Double(heap.trimmable) / Double(max(1, resident)) * 100).rounded())
        let pages = heap.arenas.reduce(GlibcHeap.PageCounts()) { $0.adding($1.pages) }
        func size(_ count: Int) -> String { bytes(UInt64(count) * map.pageSize) }
        return style.strong(
            "malloc_trim(0) would give back \(bytes(heap.trimmable)), \(share) % of what the process"
                + " has in memory.")
            + "\nOf the arenas' pages \(size(pages.full)) are full, \(size(pages.mixed)) are partly"
            + " used (\(bytes(pages.usedOfMixed)) of them),\n\(size(pages.free)) are in memory for"
            + " nothing, and \(size(pages.absent)) are not in memory."
    }

    /// A line of characters for each arena.
    private func picture(of heap: GlibcHeap) -> String {
        let shown = heap.arenas.sorted { ($1.system, $0.number) < ($0.system, $1.number) }
            .prefix(Self.mostArenas).sorted { $0.number < $1.number }
        let lines = shown.compactMap { arena -> String? in
            let cells = arena.extents.flatMap(\.cells)
            guard !cells.isEmpty else { return nil }
            let name = arena.number == 0 ? "main" : "\(arena.number)"
            let space = String(repeating: " ", count: max(0, 6 - name.count))
            return "\(space)\(name) \(strip(cells))"
        }
        let legend =
            "       █ used  ▓ half used  ▒ little used  ░ in memory for nothing  · not in memory"
        return (lines + [style.faint(legend)]).joined(separator: "\n")
    }

    private func strip(_ cells: [GlibcHeap.Cell]) -> String {
        let width = min(Self.width, cells.count)
        let characters = (0..<width).map { column -> Character in
            let part = cells[(column * cells.count / width)..<((column + 1) * cells.count / width)]
            let resident = part.reduce(0) { $0 + $1.residentPages }
            guard resident > 0 else { return "·" }
            let used = Double(part.reduce(0) { $0 + $1.usedBytes })
            switch used / Double(UInt64(resident) * map.pageSize) {
            case ..<0.01: return "░"
            case ..<0.34: return "▒"
            case ..<0.67: return "▓"
            default: return "█"
            }
        }
        return String(characters)
    }

    private func freeRuns(of heap: GlibcHeap) -> String? {
        let runs = heap.largestFree.prefix(5)
        guard !runs.isEmpty else { return nil }
        return Table(
            header: ["LARGEST FREE RUNS", "BYTES", "RESIDENT"],
            rows: runs.map {
                ["0x" + String($0.address, radix: 16), bytes($0.bytes), bytes($0.resident)]
            }, rightAligned: [1, 2]
        ).text(style: style)
    }

    /// Ruby's own heap: what is in memory for slots without an object is not malloc's to give back.
    private func objects(of ruby: RubyHeap) -> String {
        Table(
            header: [
                "RUBY SLOTS OF", "PAGES", "EMPTY", "SPARSE", "SLOTS", "FREE AT SWEEP", "RESIDENT",
            ],
            rows: ruby.sizes.map { size in
                let free = Int((Double(size.freeSlots) / Double(size.slots) * 100).rounded())
                return [
                    "\(size.slot) B", "\(size.pages)", "\(size.emptyPages)",
                    "\(size.sparsePages)", "\(size.slots)", "\(size.freeSlots) (\(free) %)",
                    bytes(size.resident),
                ]
            }, rightAligned: Set(0...6)
        ).text(style: style)
    }

    private var regions: String {
        Table(
            header: ["REGIONS", "MAPPINGS", "SIZE", "RESIDENT"],
            rows: map.regions.map {
                [$0.kind.rawValue, "\($0.mappings)", bytes($0.size), bytes($0.resident)]
            }, rightAligned: [1, 2, 3]
        ).text(style: style)
    }
}
