/// A heap map as the page draws it: much shorter than the file it is from.
struct HeapPicture: Sendable, Hashable, Encodable {
    struct Extent: Sendable, Hashable, Encodable {
        let address: String
        let bytes: Int64
        /// Runs of equal cells: letters for one of the palette, then how many where there are more.
        let cells: String
        let chunks: String?
        let chunkDetail: String?
    }

    struct Arena: Sendable, Hashable, Encodable {
        let number: Int
        let trimmable: Int64
        let extents: [Extent]
    }

    let label: String
    let pageSize: Int64
    let pagesPerCell: Int
    /// How many letters one of the palette takes.
    let letters: Int
    /// Digits of a cell, 0 to 9 each: in memory, used, trimmable.
    let palette: [[Int]]
    let arenas: [Arena]

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    /// Nil of a map without a heap.
    init?(_ map: ReportInput.Map) {
        guard let heap = map.file.heap else { return nil }
        var palette = Palette()
        let cells = heap.arenas.map { arena in arena.extents.map { palette.numbers(of: $0) } }
        let letters = palette.colours.count <= Self.alphabet.count ? 1 : 2
        label = map.label
        pageSize = map.file.pageSize
        pagesPerCell = heap.pagesPerCell
        self.letters = letters
        self.palette = palette.colours
        arenas = zip(heap.arenas, cells).map { arena, cells in
            Arena(
                number: arena.number, trimmable: arena.trimmable,
                extents: zip(arena.extents, cells).map { extent, cells in
                    Extent(
                        address: extent.address, bytes: extent.bytes,
                        cells: Self.text(cells, letters: letters), chunks: extent.chunks,
                        chunkDetail: extent.chunkDetail)
                })
        }
    }

    private struct Palette {
        var colours: [[Int]] = []
        private var numbers: [Int: Int] = [:]

        mutating func numbers(of extent: HeapMapFile.Extent) -> [Int] {
            let rows = zip(extent.resident.utf8, zip(extent.used.utf8, extent.trimmable.utf8))
            return rows.map { resident, rest in
                let digits = [resident, rest.0, rest.1].map { Int($0 &- 48) % 10 }
                let key = digits[0] * 100 + digits[1] * 10 + digits[2]
                if let number = numbers[key] { return number }
                numbers[key] = colours.count
                colours.append(digits)
                return colours.count - 1
            }
        }
    }

    private static func text(_ cells: [Int], letters: Int) -> String {
        var text = ""
        var index = 0
        while index < cells.count {
            var end = index + 1
            while end < cells.count, cells[end] == cells[index] { end += 1 }
            if letters == 2 { text.append(alphabet[cells[index] / alphabet.count]) }
            text.append(alphabet[cells[index] % alphabet.count])
            if end - index > 1 { text += "\(end - index)" }
            index = end
        }
        return text
    }
}
