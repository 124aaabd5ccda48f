/// What `lapidary heapmap --format json` wrote, as far as it is shown.
///
/// Fields that are missing are not shown, so that maps of older and newer versions can be read.
package struct HeapMapFile: Sendable, Hashable, Decodable {
    struct Memory: Sendable, Hashable, Decodable {
        let resident: Int64
    }

    struct Region: Sendable, Hashable, Codable {
        let kind: String
        let mappings: Int
        let size: Int64
        let resident: Int64
    }

    struct Chunks: Sendable, Hashable, Decodable {
        let count: Int
        let bytes: Int64
    }

    /// One piece of address space, drawn with a character a cell.
    struct Extent: Sendable, Hashable, Decodable {
        let address: String
        let bytes: Int64
        let resident: String
        let used: String
        let trimmable: String
        let chunks: String?
        let chunkDetail: String?
    }

    struct Arena: Sendable, Hashable, Decodable {
        let number: Int
        let system: Int64
        let inUse: Chunks
        let free: Chunks
        let tcache: Chunks
        let fastbins: Chunks
        let top: Int64
        let resident: Int64
        let trimmable: Int64
        let extents: [Extent]
    }

    struct Heap: Sendable, Hashable, Decodable {
        let version: String?
        let system: Int64
        let resident: Int64
        let trimmable: Int64
        let pagesPerCell: Int
        let arenas: [Arena]
    }

    struct RubySlots: Sendable, Hashable, Decodable {
        let slot: Int
        let pages: Int
        let emptyPages: Int
        /// Not in maps of early versions.
        let sparsePages: Int?
        let slots: Int
        let freeSlots: Int
        let resident: Int64
    }

    let pageSize: Int64
    let memory: Memory
    let regions: [Region]
    let heap: Heap?
    let ruby: [RubySlots]?
    let unavailable: String?
}
