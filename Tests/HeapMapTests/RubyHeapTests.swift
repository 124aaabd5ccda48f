import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import HeapMap

/// Ruby's pages, written word by word, and those of a Ruby of this machine.
@Suite struct RubyHeapTests {
    /// A record's words from `slot_size` on, and where its links stand.
    struct Shape: Sendable {
        let hasBody: Bool
        let pageSize: UInt64

        var node: UInt64 { hasBody ? 7 : 6 }
    }

    private static let bodies: UInt64 = 0x7f00_0000_0000
    private static let records: UInt64 = 0x5555_0000_0000

    /// Three pages of 40-byte slots in a list, the first without an object, the third with one in
    /// ten slots; one that nobody links to any more; and a page of something else.
    private func memory(_ shape: Shape) -> (FakeMemory, [MemoryMapping]) {
        var memory = FakeMemory()
        memory.map(Self.bodies, pages: Int(5 * shape.pageSize / 4096))
        memory.map(Self.records, pages: 1)
        let slots = (shape.pageSize - 8) / 40
        let head = Self.records + 0x800
        func node(_ index: UInt64) -> UInt64 {
            index == 3 ? head : Self.records + index * 0x100 + shape.node * 8
        }
        for index in UInt64(0)..<4 {
            let record = Self.records + index * 0x100
            let body = Self.bodies + index * shape.pageSize
            let free = [slots, 10, slots - slots / 10, 30][Int(index)]
            memory[body] = record
            memory[record] = 40 | slots << 16 | free << 32
            memory[record + 32] = shape.hasBody ? body : body + 8
            if shape.hasBody { memory[record + 40] = body + 8 }
        }
        for index in UInt64(0)...3 {
            memory[node(index)] = node((index + 1) % 4)
            memory[node(index) + 8] = node((index + 3) % 4)
        }
        // The fourth page is gone: its record still tells of a place in the list.
        let stale = Self.records + 0x300 + shape.node * 8
        memory[stale] = node(0)
        memory[stale + 8] = head
        memory[Self.bodies + 4 * shape.pageSize] = 0x1234_5678
        let end = Self.bodies + 5 * shape.pageSize
        var mappings = MemoryMapping.parse(
            """
            \(String(Self.records, radix: 16))-\(String(Self.records + 4096, radix: 16)) rw-p 0 00:00 0 [heap]
            \(String(Self.bodies, radix: 16))-\(String(end, radix: 16)) rw-p 0 00:00 0
            7fff00000000-7fff00001000 r-xp 0 08:01 9 /opt/ruby/lib/libruby.so.3.3
            """)
        for index in mappings.indices { mappings[index].resident = mappings[index].size }
        return (memory, mappings)
    }

    @Test(arguments: [
        Shape(hasBody: false, pageSize: 16 << 10), Shape(hasBody: false, pageSize: 64 << 10),
        Shape(hasBody: true, pageSize: 64 << 10),
    ])
    func onlyLinkedPagesCount(shape: Shape) throws {
        let (memory, mappings) = memory(shape)
        let ruby = try #require(try RubyPageFinder(reader: memory, mappings: mappings).find())
        #expect(ruby.sizes.count == 1)
        let size = try #require(ruby.sizes.first)
        let slots = Int((shape.pageSize - 8) / 40)
        #expect(size.slot == 40)
        #expect(size.pages == 3)
        #expect(size.emptyPages == 1)
        #expect(size.sparsePages == 1)
        #expect(size.sparseResident == shape.pageSize)
        #expect(size.slots == 3 * slots)
        #expect(size.freeSlots == 2 * slots - slots / 10 + 10)
        #expect(size.bytes == 3 * shape.pageSize)
        #expect(size.resident == size.bytes)
    }

    @Test func otherProgramsHaveNone() throws {
        let (memory, mappings) = memory(Shape(hasBody: false, pageSize: 64 << 10))
        #expect(
            try RubyPageFinder(reader: memory, mappings: Array(mappings.prefix(2))).find() == nil)
    }

    @Test(.enabled(if: Programs.has("ruby"), "SKIPPED: no Ruby is installed here"))
    func aRealRubyIsAsItsStatisticsSay() async throws {
        try await Scratch.with { folder in
            let file = folder.appending("ready")
            let script = """
                kept = (1..20000).map { |i| "x" * (i % 700) }
                GC.start
                stat = GC.stat
                File.write("\(folder.appending("pages"))", "#{stat[:heap_eden_pages]}\\n")
                File.write("\(folder.appending("slots"))", "#{stat[:heap_available_slots]}\\n")
                File.write("\(file)", "#{$$}\\n")
                sleep
                """
            try await whileRunning(Command("ruby", ["-e", script])) {
                try #require(try await eventually { Processes.number(in: file) != nil })
                let process = Int32(try #require(Processes.number(in: file)))
                let ruby = try #require(try LiveMapper(process: process).map().ruby)
                let pages = try #require(Processes.number(in: folder.appending("pages")))
                let slots = try #require(Processes.number(in: folder.appending("slots")))
                // Writing the numbers may take a page more.
                #expect((pages...pages + 2).contains(ruby.sizes.reduce(0) { $0 + $1.pages }))
                #expect(ruby.sizes.reduce(0) { $0 + $1.slots } >= slots)
            }
        }
    }
}
