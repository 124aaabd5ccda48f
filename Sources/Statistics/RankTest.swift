/// The Mann-Whitney test of two samples, exact whatever ties there are.
///
/// The distribution is that of all ways to divide the very numbers seen, with their midranks, into
/// two samples of these sizes; no normal approximation is made. It takes time in proportion to the
/// fourth power of the sizes: nothing for ten, about a second for a hundred.
package struct RankTest: Sendable, Hashable, Codable {
    /// How probable as much difference is, in either direction, when there is none.
    package let twoSided: Double
    /// How probable it is that the second sample ranks so high, or higher, when there is no
    /// difference.
    package let secondIsGreater: Double
    /// How probable it is that the second sample ranks so low, or lower.
    package let secondIsLess: Double
    /// How often a number of the second sample is above one of the first, ties counting half: from
    /// 0 to 1, and 0.5 without any difference (Vargha and Delaney's A).
    package let superiority: Double

    /// Nil when either sample is empty.
    package init?(_ first: [Double], _ second: [Double]) {
        guard !first.isEmpty, !second.isEmpty else { return nil }
        let ranks = Self.doubledMidranks(of: first + second)
        let observed = ranks[first.count...].reduce(0, +)
        let ways = Self.ways(toChoose: second.count, of: ranks)
        let all = ways.reduce(0, +)
        // Of doubled ranks the mean sum is whole: size times (count + 1).
        let mean = second.count * (ranks.count + 1)
        var sums = (twoSided: 0.0, greater: 0.0, less: 0.0)
        for (sum, count) in ways.enumerated() where count > 0 {
            if abs(sum - mean) >= abs(observed - mean) { sums.twoSided += count }
            if sum >= observed { sums.greater += count }
            if sum <= observed { sums.less += count }
        }
        twoSided = min(1, sums.twoSided / all)
        secondIsGreater = min(1, sums.greater / all)
        secondIsLess = min(1, sums.less / all)
        let least = second.count * (second.count + 1)
        superiority = Double(observed - least) / 2 / Double(first.count * second.count)
    }

    /// Twice the rank of each number, so that those of ties are whole too.
    private static func doubledMidranks(of values: [Double]) -> [Int] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Int](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
            // Ranks start + 1 to end + 1, whose mean is half of their sum.
            for index in start...end { ranks[order[index]] = start + end + 2 }
            start = end + 1
        }
        return ranks
    }

    /// How many ways there are to choose so many of the ranks, by the sum of those chosen.
    private static func ways(toChoose size: Int, of ranks: [Int]) -> [Double] {
        let most = ranks.sorted(by: >).prefix(size).reduce(0, +)
        // ways[count][sum], in one row after the other; counts go down so that each rank is
        // chosen once.
        let width = most + 1
        var ways = [Double](repeating: 0, count: (size + 1) * width)
        ways[0] = 1
        for (number, rank) in ranks.enumerated() {
            for count in stride(from: min(number + 1, size), through: 1, by: -1) {
                guard rank <= most else { continue }
                for sum in stride(from: most, through: rank, by: -1) {
                    ways[count * width + sum] += ways[(count - 1) * width + sum - rank]
                }
            }
        }
        return Array(ways[(size * width)...])
    }
}

/// Several tests at once.
package enum MultipleTests {
    /// Holm's adjustment: each p-value as it would have to be if it were the only one, so that the
    /// chance of any false finding among all stays below the level that they are compared with.
    ///
    /// - Parameter values: p-values.
    /// - Returns: the adjusted ones, in the same order.
    package static func holm(_ values: [Double]) -> [Double] {
        var adjusted = values
        var highest = 0.0
        for (place, index) in values.indices.sorted(by: { values[$0] < values[$1] }).enumerated() {
            highest = max(highest, min(1, Double(values.count - place) * values[index]))
            adjusted[index] = highest
        }
        return adjusted
    }
}
