@testable import HeapMap

/// A heap written word by word as a version of glibc leaves it, without a process.
struct FakeHeap {
    /// A chunk that is laid into an arena; sizes with the header, multiples of 16.
    enum Chunk {
        case used(UInt64)
        case free(UInt64)
        case fast(UInt64)
        /// A thread's cache, which keeps the chunks of `.kept`.
        case cache
        /// A chunk in the cache of its arena, of up to 1040 bytes.
        case kept(UInt64)
    }

    let version: GlibcVersion
    private(set) var memory = FakeMemory()
    private(set) var mappings: [MemoryMapping] = []
    /// Addresses of the words that are malloc's own: of chunks, arenas and heaps.
    private(set) var own: [UInt64] = []

    private static let library: UInt64 = 0x7f00_0000_0000
    private static let mainHeap: UInt64 = 0x5555_5500_0000
    private static let otherHeaps: UInt64 = 0x7e00_0000_0000
    private static let heapBytes: UInt64 = 0x40000

    private var layout: GlibcLayout { GlibcLayout(hasFastbins: version < GlibcVersion(2, 43)) }
    private var recordSize: UInt64 { version < GlibcVersion(2, 35) ? 32 : 48 }
    private var cipher: LinkCipher { version < GlibcVersion(2, 32) ? .plain : .mangled }
    private var cache: GlibcLayout.Cache {
        version < GlibcVersion(2, 42) ? GlibcLayout.cache : GlibcLayout.largeCache
    }

    init(_ version: GlibcVersion, arenas: [[Chunk]]) {
        self.version = version
        let states = arenas.indices.map { index in
            index == 0 ? Self.library + 0x480 : heap(index) + recordSize
        }
        memory.map(Self.library, pages: 4)
        add("\(hex(Self.library))-\(hex(Self.library + 0x4000)) rw-p 0 08:01 7 /lib/libc.so.6")
        memory.map(Self.mainHeap, pages: Int(Self.heapBytes / 4096))
        add("\(hex(Self.mainHeap))-\(hex(Self.mainHeap + Self.heapBytes)) rw-p 0 00:00 0 [heap]")
        for (index, chunks) in arenas.enumerated() {
            if index > 0 {
                let start = heap(index)
                memory.map(start, pages: Int(Self.heapBytes / 4096))
                add("\(hex(start))-\(hex(start + Self.heapBytes)) rw-p 0 00:00 0")
                memory[start] = states[index]
                memory[start + 16] = Self.heapBytes
                memory[start + 24] = Self.heapBytes
                own += stride(from: start, to: start + 32, by: 8)
            }
            let next = states[(index + 1) % states.count]
            lay(chunks, state: states[index], next: next, isMain: index == 0)
        }
        writeParameters()
        mappings.sort { $0.range.lowerBound < $1.range.lowerBound }
    }

    private func hex(_ number: UInt64) -> String { String(number, radix: 16) }

    private func heap(_ index: Int) -> UInt64 {
        Self.otherHeaps + UInt64(index) * GlibcLayout.heapLimit
    }

    private mutating func add(_ line: String) {
        guard var mapping = MemoryMapping(line: line[...]) else { fatalError(line) }
        mapping.resident = mapping.size
        mappings.append(mapping)
    }

    private mutating func lay(_ chunks: [Chunk], state: UInt64, next: UInt64, isMain: Bool) {
        let start = isMain ? Self.mainHeap : state + layout.stateSize
        let end = (isMain ? Self.mainHeap : state - recordSize) + Self.heapBytes
        let bins = state + layout.binsOffset
        let flag: UInt64 = isMain ? 0 : 4
        var address = start.alignedUp(to: 16)
        var free: [UInt64] = []
        var kept: [(address: UInt64, size: UInt64)] = []
        var cacheAddress: UInt64?
        var previousInUse: UInt64 = 1
        for chunk in chunks {
            var size = cache.chunkSize
            var isFree = false
            switch chunk {
            case .used(let bytes): size = bytes
            case .free(let bytes): (size, isFree) = (bytes, true)
            case .fast(let bytes): size = bytes
            case .cache: cacheAddress = address
            case .kept(let bytes): size = bytes
            }
            memory[address + 8] = size | previousInUse | (isFree ? 0 : flag)
            own += [address, address + 8, address + 16, address + 24]
            switch chunk {
            case .free:
                free.append(address)
                memory[address + size] = size
            case .fast:
                let head = state + 16 + (size / 16 - 2) * 8
                memory[address + 16] = cipher.reveal(memory[head], at: address + 16)
                memory[head] = address
            case .kept: kept.append((address, size))
            case .used, .cache: break
            }
            previousInUse = isFree ? 0 : 1
            address += size
        }
        memory[address + 8] = (end - address) | previousInUse
        own += [address, address + 8]
        own += stride(from: state, to: bins + 64, by: 8)
        own += stride(from: bins + 2048, to: bins + 2088, by: 8)
        memory[bins - 16] = address
        link(free, bins)
        memory[bins + 2048] = next
        memory[bins + 2064] = 1
        memory[bins + 2072] = Self.heapBytes
        memory[bins + 2080] = Self.heapBytes
        if let cacheAddress {
            own += stride(from: cacheAddress + 16, to: cacheAddress + cache.chunkSize, by: 8)
            fill(cacheAddress + 16, kept)
        }
    }

    /// All free chunks in the first bin, as free() leaves them; the other bins are empty.
    private mutating func link(_ free: [UInt64], _ bins: UInt64) {
        for bin in 0..<UInt64(GlibcLayout.bins) {
            memory[bins + bin * 16] = bins + bin * 16 - 16
            memory[bins + bin * 16 + 8] = bins + bin * 16 - 16
        }
        let circle = [bins - 16] + free
        for (index, chunk) in circle.enumerated() {
            memory[chunk + 16] = circle[(index + 1) % circle.count]
            memory[chunk + 24] = circle[(index + circle.count - 1) % circle.count]
        }
    }

    private mutating func fill(_ start: UInt64, _ kept: [(address: UInt64, size: UInt64)]) {
        let places: UInt64 = version < GlibcVersion(2, 43) ? 7 : 16
        let heads = start + UInt64((cache.bins + 3) / 4) * 8
        for bin in 0..<UInt64(cache.bins) {
            let chunks = kept.filter { $0.size == 32 + 16 * bin }
            var head: UInt64 = 0
            for chunk in chunks {
                memory[chunk.address + 16] = cipher.reveal(head, at: chunk.address + 16)
                head = chunk.address + 16
            }
            memory[heads + bin * 8] = head
            let number = cache.countsDown ? places - UInt64(chunks.count) : UInt64(chunks.count)
            memory[start + bin / 4 * 8] |= number << (bin % 4 * 16)
        }
    }

    /// mp_ with no mapped chunk.
    private mutating func writeParameters() {
        let base = Self.library + 0x100
        memory[base] = Self.mainHeap
        let most = base - (version < GlibcVersion(2, 35) ? 28 : 32)
        memory[most & ~7] |= 65536 << (most % 8 * 8)
    }

    func read() throws(MapUnavailable) -> GlibcHeap? {
        try GlibcHeapReader(memory, mappings: mappings, version: version).read()
    }

    mutating func poke(_ address: UInt64, _ change: (UInt64) -> UInt64) {
        memory[address] = change(memory[address])
    }
}

/// Memory in words; what is not mapped cannot be read.
struct FakeMemory: MemoryReader {
    let pageSize: UInt64 = 4096
    private(set) var words: [UInt64: [UInt64]] = [:]

    mutating func map(_ start: UInt64, pages: Int) {
        for page in 0..<UInt64(pages) {
            words[start + page * 4096] = [UInt64](repeating: 0, count: 512)
        }
    }

    /// The word at an address, a multiple of 8.
    subscript(address: UInt64) -> UInt64 {
        get { words[address & ~4095]?[Int(address % 4096 / 8)] ?? 0 }
        set { words[address & ~4095]?[Int(address % 4096 / 8)] = newValue }
    }

    func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer)
        throws(MapUnavailable)
    {
        guard address % 8 == 0, buffer.count % 8 == 0 else {
            throw MapUnavailable("\(address.hex) is read at no word's boundary")
        }
        for offset in stride(from: 0, to: buffer.count, by: 8) {
            let (place, isTooLarge) = address.addingReportingOverflow(UInt64(offset))
            guard !isTooLarge, words[place & ~4095] != nil else {
                throw MapUnavailable("nothing is mapped at \(address.hex)", mayPass: true)
            }
            buffer.storeBytes(of: self[place], toByteOffset: offset, as: UInt64.self)
        }
    }

    func gather(
        _ addresses: ArraySlice<UInt64>, each size: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws(MapUnavailable) {
        for (index, address) in addresses.enumerated() {
            try read(
                address,
                into: UnsafeMutableRawBufferPointer(
                    rebasing: buffer[index * size..<(index + 1) * size]))
        }
    }

    func pages(_ range: Range<UInt64>) throws(MapUnavailable) -> PageStates {
        let entries = stride(from: range.lowerBound, to: range.upperBound, by: 4096).map {
            words[$0] == nil ? 0 : UInt64(1) << 63
        }
        return PageStates(entries: entries, start: range.lowerBound, pageSize: 4096)
    }
}
