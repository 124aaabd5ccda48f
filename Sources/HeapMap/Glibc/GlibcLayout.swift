/// Where glibc keeps what, on 64-bit machines.
///
/// Everything is measured from the first bin, because the words around the bins have kept their
/// places from glibc 2.26 to 2.43; only what stands before them moved (`struct malloc_state` in
/// malloc/malloc.c, `heap_info` in malloc/arena.c).
package struct GlibcLayout: Sendable, Hashable {
    /// Whether a malloc_state begins with fastbins; they were removed for 2.43.
    package let hasFastbins: Bool

    /// `NBINS` - 1: bins 1 to 127, each a pair of links.
    static let bins = 127
    /// From the first bin: `top` stands two words before it, `last_remainder` one.
    static let topOffset: Int64 = -16
    /// 254 links and a bitmap of 128 bits.
    static let nextOffset: Int64 = 2048
    static let attachedOffset: Int64 = 2064
    static let systemOffset: Int64 = 2072
    static let maxSystemOffset: Int64 = 2080
    /// `NFASTBINS`: chunks of 32 to 176 bytes in steps of 16.
    static let fastbins = 10
    /// `HEAP_MAX_SIZE`: 2 * DEFAULT_MMAP_THRESHOLD_MAX, 64 MiB where long has 8 bytes.
    static let heapLimit: UInt64 = 64 << 20
    /// `sizeof (heap_info)` up to 2.34, and from 2.35 on, which added the page size.
    static let heapInfoSizes: [UInt64] = [32, 48]
    /// `MALLOC_ALIGNMENT`.
    static let alignment: UInt64 = 16
    /// `MINSIZE`.
    static let smallestChunk: UInt64 = 32
    /// `CHUNK_HDR_SZ`: the two words before the memory that a program gets.
    static let header: UInt64 = 16
    /// `sizeof (struct malloc_chunk)`: what malloc_trim leaves at the beginning of a free chunk.
    static let keptByTrim: UInt64 = 48

    /// From the beginning of a malloc_state to its first bin: mutex, flags, have_fastchunks,
    /// fastbinsY, top, last_remainder; or without the two about fastbins.
    var binsOffset: UInt64 { hasFastbins ? 112 : 24 }
    /// `sizeof (struct malloc_state)`.
    var stateSize: UInt64 { binsOffset + 2088 }

    /// How a thread's cache of chunks looks (`tcache_perthread_struct`).
    struct Cache: Sendable, Hashable {
        let bins: Int
        /// Whether the numbers count free places (from 2.42 on), not chunks.
        let countsDown: Bool
        /// The size of the chunk that holds it.
        let chunkSize: UInt64

        /// Whether a chunk of this size may hold one: a chunk that is 16 bytes larger is not split
        /// either, since nothing could be made of the rest.
        @inline(__always)
        func fits(_ size: UInt64) -> Bool { size == chunkSize || size == chunkSize + 16 }
    }

    /// glibc 2.30 to 2.41: 64 numbers of 16 bits and 64 pointers.
    static let cache = Cache(bins: 64, countsDown: false, chunkSize: 0x290)
    /// glibc 2.42 and newer: 12 bins more, for large chunks.
    static let largeCache = Cache(bins: 76, countsDown: true, chunkSize: 0x300)
}

/// A version of glibc, as its own banner says it.
package struct GlibcVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int

    package init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Finds `GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.` in a library.
    package init?(banner bytes: [UInt8]) {
        let mark = Array("GNU C Library (".utf8)
        guard let start = Self.find(mark, in: bytes[...]) else { return nil }
        let line = bytes[start...].prefix(200)
        let word = Array(" version ".utf8)
        guard let found = Self.find(word, in: line) else { return nil }
        let number = String(decoding: line[(found + word.count)...].prefix(12), as: UTF8.self)
        guard let match = number.prefixMatch(of: /([0-9]+)\.([0-9]+)/),
            let major = Int(match.1), let minor = Int(match.2)
        else { return nil }
        self.init(major, minor)
    }

    private static func find(_ pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = pattern.first else { return nil }
        return bytes.withUnsafeBytes { memory in
            var index = 0
            while index + pattern.count <= memory.count {
                if memory[index] == first,
                    memory[index..<index + pattern.count].elementsEqual(pattern)
                {
                    return bytes.startIndex + index
                }
                index += 1
            }
            return nil
        }
    }

    package static func < (a: GlibcVersion, b: GlibcVersion) -> Bool {
        (a.major, a.minor) < (b.major, b.minor)
    }

    package var description: String { "\(major).\(minor)" }

    /// The oldest whose heap is read: older thread caches look otherwise.
    static let oldest = GlibcVersion(2, 31)
    /// The newest that was looked at; newer ones are read as long as every check holds.
    static let newest = GlibcVersion(2, 43)
}
