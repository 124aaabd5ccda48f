/// The pages in which Ruby keeps its objects, told by what they must look like.
package struct RubyHeap: Sendable, Hashable {
    /// By slot size, the smallest first.
    package let sizes: [SlotSize]

    /// All pages whose slots have one size.
    package struct SlotSize: Sendable, Hashable {
        /// Bytes of a slot.
        package let slot: Int
        package internal(set) var pages = 0
        /// Pages without an object, as the last sweep left them.
        package internal(set) var emptyPages = 0
        /// Pages that few objects keep from being given back: they fill a tenth of the slots at most.
        package internal(set) var sparsePages = 0
        /// Bytes in memory of those pages.
        package internal(set) var sparseResident: UInt64 = 0
        package internal(set) var slots = 0
        /// Slots without an object, as the last sweep left them.
        package internal(set) var freeSlots = 0
        /// Bytes of address space, and of those in memory.
        package internal(set) var bytes: UInt64 = 0
        package internal(set) var resident: UInt64 = 0
    }
}

/// Finds the pages of Ruby 3.1 to 3.4.
///
/// A page (`struct heap_page_body`, gc.c, or gc/default/default.c from 3.4 on) begins with a pointer
/// to its record (`struct heap_page`), which knows where the slots begin on the page, and is linked
/// with its neighbours. Only what agrees in all of that is counted: records of pages that are gone
/// still lie about, but no neighbour links to them.
struct RubyPageFinder<Reader: MemoryReader> {
    let reader: Reader
    let mappings: [MemoryMapping]

    /// HEAP_PAGE_SIZE of 3.1, and from 3.2 on; a page begins at a multiple of its size.
    private static var pageSizes: [UInt64] { [16 << 10, 64 << 10] }
    /// Words of a record that are looked at.
    private static var recordWords: Int { 9 }
    /// How many bytes of address space are looked at together.
    private static var slice: UInt64 { 256 << 20 }

    /// A page and its record.
    private struct Page {
        let body: UInt64
        let size: UInt64
        let slot: Int
        let slots: Int
        let freeSlots: Int
        /// Where the links to the neighbours stand.
        let node: UInt64
        let next: UInt64
        let previous: UInt64

        var isSparse: Bool { freeSlots < slots && (slots - freeSlots) * 10 <= slots }
    }

    /// Whether the process runs Ruby.
    var isRuby: Bool {
        mappings.contains { mapping in
            let name = mapping.fileName
            return name.hasPrefix("libruby") || name == "ruby"
                || name.wholeMatch(of: /ruby-?[0-9.]+/) != nil
        }
    }

    /// - Returns: nil when there is none, or Ruby is of another version.
    /// - Throws: `MapUnavailable` when memory cannot be read.
    func find() throws(MapUnavailable) -> RubyHeap? {
        guard isRuby else { return nil }
        let places = mappings.filter { $0.isAnonymous && $0.isPrivate && $0.isWritable }
        var sizes: [Int: RubyHeap.SlotSize] = [:]
        for place in places where place.resident + place.swapped > 0 {
            var start = place.range.lowerBound
            while start < place.range.upperBound {
                let end = min(place.range.upperBound, start + Self.slice)
                try look(at: start..<end, limit: place.range.upperBound, &sizes)
                start = end
            }
        }
        guard !sizes.isEmpty else { return nil }
        return RubyHeap(sizes: sizes.values.sorted { $0.slot < $1.slot })
    }

    private func look(
        at range: Range<UInt64>, limit: UInt64, _ sizes: inout [Int: RubyHeap.SlotSize]
    ) throws(MapUnavailable) {
        let states = try reader.pages(range)
        let step = Self.pageSizes[0]
        let bodies = stride(
            from: range.lowerBound.alignedUp(to: step), to: range.upperBound, by: Int(step)
        ).filter(states.isReadable)
        let heads = try reader.words(at: bodies, each: 1)
        var readable: [(UInt64, UInt64)] = []
        for (body, record) in zip(bodies, heads)
        where try isReadable(record, words: Self.recordWords) {
            readable.append((body, record))
        }
        let records = try reader.words(at: readable.map(\.1), each: Self.recordWords)
        var pages: [Page] = []
        for (index, (body, record)) in readable.enumerated() {
            let words = Array(records.dropFirst(index * Self.recordWords).prefix(Self.recordWords))
            if let page = Self.page(body, record, words), page.body + page.size <= limit {
                pages.append(page)
            }
        }
        for page in try linked(pages) {
            var size = sizes[page.slot] ?? RubyHeap.SlotSize(slot: page.slot)
            let memory = try reader.pages(page.body..<page.body + page.size)
            let resident = memory.residentBytes(from: memory.start, to: memory.end)
            size.pages += 1
            size.emptyPages += page.freeSlots == page.slots ? 1 : 0
            size.slots += page.slots
            size.freeSlots += page.freeSlots
            size.bytes += page.size
            size.resident += resident
            if page.isSparse {
                size.sparsePages += 1
                size.sparseResident += resident
            }
            sizes[page.slot] = size
        }
    }

    /// The page, when its record belongs to it.
    private static func page(_ body: UInt64, _ record: UInt64, _ words: [UInt64]) -> Page? {
        func number(_ index: Int) -> Int {
            Int(words[index / 4] >> (UInt64(index % 4) * 16) & 0xffff)
        }
        // slot_size, total_slots, free_slots, final_slots and pinned_slots in either order.
        let (slot, slots, free) = (number(0), number(1), number(2))
        guard slot >= 40, slot % 8 == 0, slots > 0, free <= slots, number(3) <= slots,
            number(4) <= slots
        else { return nil }
        // 3.4 has the body's address before that of the first slot.
        let hasBody = words[4] == body
        let (start, node) = hasBody ? (words[5], 7) : (words[4], 6)
        let used = UInt64(slot * slots)
        for size in pageSizes where body % size == 0 {
            // What is left is the page's pointer, and less than a slot on either side.
            guard used < size, size - used <= 2 * UInt64(slot) + 8, start > body,
                start - body <= UInt64(slot) + 8, start + used <= body + size
            else { continue }
            return Page(
                body: body, size: size, slot: slot, slots: slots, freeSlots: free,
                node: record + UInt64(node) * 8, next: words[node], previous: words[node + 1])
        }
        return nil
    }

    /// The pages whose neighbours in the list link back to them (`struct ccan_list_node`).
    private func linked(_ pages: [Page]) throws(MapUnavailable) -> [Page] {
        var candidates: [Page] = []
        for page in pages {
            let (next, previous) = (page.next, page.previous)
            guard try isReadable(next, words: 2), try isReadable(previous, words: 2) else {
                continue
            }
            candidates.append(page)
        }
        let after = try reader.words(at: candidates.map { $0.next + 8 }, each: 1)
        let before = try reader.words(at: candidates.map(\.previous), each: 1)
        return candidates.indices.filter {
            after[$0] == candidates[$0].node && before[$0] == candidates[$0].node
        }.map { candidates[$0] }
    }

    /// Whether memory that somebody wrote is at an address; reading other memory would change it.
    private func isReadable(_ address: UInt64, words: Int) throws(MapUnavailable) -> Bool {
        let end = address &+ UInt64(words) * 8
        guard address % 8 == 0, end > address,
            let mapping = mapping(holding: address), mapping.isWritable,
            mapping.range.upperBound >= end
        else { return false }
        let pages = try reader.pages(
            address.alignedDown(to: reader.pageSize)..<end.alignedUp(to: reader.pageSize))
        return pages.isReadable(address) && pages.isReadable(end - 1)
    }

    private func mapping(holding address: UInt64) -> MemoryMapping? {
        var low = 0
        var high = mappings.count
        while low < high {
            let middle = (low + high) / 2
            if mappings[middle].range.upperBound <= address {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low < mappings.count && mappings[low].range.contains(address) ? mappings[low] : nil
    }
}
