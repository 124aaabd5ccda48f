import Statistics
import Testing

@Suite struct RankTestTests {
    private func close(_ value: Double, _ wanted: Double) -> Bool {
        abs(value - wanted) < 1e-12
    }

    @Test(arguments: [(3, 20.0), (4, 70), (5, 252), (10, 184_756)])
    func completelySeparatedSamplesAreOneWayOfAll(size: Int, ways: Double) throws {
        let low = (0..<size).map(Double.init)
        let high = (0..<size).map { Double(100 + $0) }
        let test = try #require(RankTest(low, high))
        #expect(close(test.secondIsGreater, 1 / ways))
        #expect(close(test.twoSided, 2 / ways))
        #expect(test.secondIsLess == 1)
        #expect(test.superiority == 1)
        let turned = try #require(RankTest(high, low))
        #expect(turned.twoSided == test.twoSided)
        #expect(turned.secondIsLess == test.secondIsGreater)
        #expect(turned.superiority == 0)
    }

    @Test func equalNumbersTellNothing() throws {
        let test = try #require(RankTest([7, 7, 7], [7, 7, 7]))
        #expect(test.twoSided == 1)
        #expect(test.superiority == 0.5)
    }

    /// R: wilcox.test(c(1.1, 2.2, 3.3, 4.4), c(2.5, 3.5, 4.5, 5.5, 6.5), exact = TRUE) has
    /// W = 3, p-value = 0.1111.
    @Test func withoutTiesItIsTheTableOfMannAndWhitney() throws {
        let test = try #require(RankTest([1.1, 2.2, 3.3, 4.4], [2.5, 3.5, 4.5, 5.5, 6.5]))
        // U of the first sample: 0 + 0 + 1 + 2 = 3, and 7 of 126 divisions have at most that.
        #expect(close(test.secondIsGreater, 7.0 / 126))
        #expect(close(test.twoSided, 14.0 / 126))
        #expect(close(test.superiority, 17.0 / 20))
    }

    @Test func tiesAreDividedAsTheyAre() throws {
        // All ways to choose two of 1, 2, 2, 3: the sums 3, 3, 4, 4, 5, 5 of numbers, and with
        // midranks 1, 2.5, 2.5, 4 the sums 3.5, 3.5, 5, 5, 6.5, 6.5.
        let test = try #require(RankTest([1, 2], [2, 3]))
        #expect(close(test.secondIsGreater, 2.0 / 6))
        #expect(close(test.twoSided, 4.0 / 6))
        #expect(close(test.superiority, 3.5 / 4))
    }

    /// Every division of small samples is counted one by one, ties and all.
    @Test(arguments: 0..<40)
    func itAgreesWithCountingOneByOne(seed: Int) throws {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let first = (0..<(2 + next(4))).map { _ in Double(next(6)) }
        let second = (0..<(2 + next(4))).map { _ in Double(next(6)) }
        let test = try #require(RankTest(first, second))
        let pool = first + second
        let ranks = pool.map { value in
            Double(pool.filter { $0 < value }.count)
                + Double(pool.filter { $0 == value }.count + 1) / 2
        }
        let observed = ranks[first.count...].reduce(0, +)
        let mean = Double(second.count * (pool.count + 1)) / 2
        var ways = (all: 0, twoSided: 0, greater: 0)
        for mask in 0..<(1 << pool.count) where mask.nonzeroBitCount == second.count {
            let sum = ranks.indices.filter { mask >> $0 & 1 == 1 }.map { ranks[$0] }.reduce(0, +)
            ways.all += 1
            if abs(sum - mean) >= abs(observed - mean) { ways.twoSided += 1 }
            if sum >= observed { ways.greater += 1 }
        }
        #expect(close(test.twoSided, Double(ways.twoSided) / Double(ways.all)))
        #expect(close(test.secondIsGreater, Double(ways.greater) / Double(ways.all)))
    }

    @Test func anEmptySampleHasNoTest() {
        #expect(RankTest([], [1]) == nil)
    }

    @Test func holmTakesTheSmallestTimesAll() {
        let adjusted = MultipleTests.holm([0.01, 0.04, 0.03, 0.005])
        for (value, wanted) in zip(adjusted, [0.03, 0.06, 0.06, 0.02]) {
            #expect(close(value, wanted))
        }
        #expect(MultipleTests.holm([0.7, 0.6]) == [1, 1])
    }
}
