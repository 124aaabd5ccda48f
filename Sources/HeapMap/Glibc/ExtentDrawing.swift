/// From the pages of an extent to counts and cells.
extension ExtentTally {
    func pageCounts(of extent: HeapExtent) -> GlibcHeap.PageCounts {
        var counts = GlibcHeap.PageCounts()
        let full = UInt32(extent.pages.pageSize)
        for (index, page) in pages.enumerated() {
            if !extent.pages.isInMemory(index) {
                counts.absent += 1
            } else if page.bytes == 0 {
                counts.free += 1
            } else if page.bytes == full {
                counts.full += 1
            } else {
                counts.mixed += 1
                counts.usedOfMixed += UInt64(page.bytes)
            }
        }
        return counts
    }
}

extension HeapExtent {
    func drawn(_ tally: ExtentTally, pagesPerCell: Int) -> GlibcHeap.Extent {
        var cells = [GlibcHeap.Cell](
            repeating: GlibcHeap.Cell(), count: (pages.count + pagesPerCell - 1) / pagesPerCell)
        for (index, page) in tally.pages.enumerated() {
            let cell = index / pagesPerCell
            cells[cell].pages += 1
            cells[cell].residentPages += pages.isInMemory(index) ? 1 : 0
            cells[cell].usedBytes += UInt64(page.bytes)
            cells[cell].largestClass = max(cells[cell].largestClass, Int(page.largest))
        }
        for range in tally.trimmable {
            let first = Int((range.lowerBound - self.range.lowerBound) / pages.pageSize)
            let last = Int((range.upperBound - self.range.lowerBound) / pages.pageSize)
            for index in first..<last where pages.isInMemory(index) {
                cells[index / pagesPerCell].trimmablePages += 1
            }
        }
        return GlibcHeap.Extent(
            address: range.lowerBound, bytes: range.upperBound - range.lowerBound, cells: cells,
            runs: tally.runs)
    }
}
