/// The middle and the spread of some numbers, by order alone.
package struct Spread: Sendable, Hashable, Codable {
    package let count: Int
    package let median: Double
    /// The median of the absolute distances from the median, as it is: not scaled.
    package let medianAbsoluteDeviation: Double
    package let least: Double
    package let most: Double

    /// Nil of no numbers.
    package init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        count = sorted.count
        median = Self.median(ofSorted: sorted)
        least = first
        most = last
        let middle = median
        medianAbsoluteDeviation = Self.median(ofSorted: sorted.map { abs($0 - middle) }.sorted())
    }

    private static func median(ofSorted values: [Double]) -> Double {
        let half = values.count / 2
        return values.count.isMultiple(of: 2)
            ? (values[half - 1] + values[half]) / 2 : values[half]
    }
}
