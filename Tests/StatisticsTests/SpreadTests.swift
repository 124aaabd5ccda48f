import Statistics
import Testing

@Suite struct SpreadTests {
    @Test func nothingHasNoSpread() {
        #expect(Spread([]) == nil)
    }

    @Test func theMiddleOfFourIsBetweenTwo() throws {
        let spread = try #require(Spread([4, 1, 3, 2]))
        #expect(spread.median == 2.5)
        #expect(spread.medianAbsoluteDeviation == 1)
        #expect(spread.least == 1)
        #expect(spread.most == 4)
    }

    @Test func oneFarOffMovesNeither() throws {
        let spread = try #require(Spread([10, 11, 12, 13, 1000]))
        #expect(spread.median == 12)
        #expect(spread.medianAbsoluteDeviation == 1)
    }
}
