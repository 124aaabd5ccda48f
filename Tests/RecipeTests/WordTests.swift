import Testing

@testable import Recipe

/// The small words that recipes are made of.
@Suite struct WordTests {
    @Test(arguments: ["3.3.8", "0.0.0", "10.20.30"])
    func versionsKeepTheirText(text: String) {
        #expect(RubyVersion(text)?.description == text)
    }

    @Test(arguments: [
        "", "3", "3.3", "3.3.8.1", "3.3.", ".3.8", "3..8", "3.3.08", "3.3.8-rc1", "3.3.x", "+3.3.8",
        "3.3.-8", " 3.3.8", "3.3.٨", "3.3.99999999999999999999",
    ])
    func noVersions(text: String) {
        #expect(RubyVersion(text) == nil)
    }

    @Test func versionsCompareByNumber() {
        let sorted = ["2.7.8", "3.3.8", "3.3.10", "3.10.0", "10.0.0"].compactMap { RubyVersion($0) }
        #expect(sorted.count == 5)
        #expect(sorted.reversed().sorted() == sorted)
        #expect(RubyVersion("3.3.8")?.series == RubySeriesNumber("3.3"))
        #expect(RubySeriesNumber("3.3.8") == nil)
        #expect(RubySeriesNumber(major: 3, minor: 9) < RubySeriesNumber(major: 3, minor: 10))
    }

    @Test(
        arguments: [
            ("1970-01-01", 0), ("1969-12-31", -86_400), ("2000-02-29", 951_782_400),
            ("2000-03-01", 951_868_800), ("2025-04-09", 1_744_156_800),
            ("2038-01-19", 2_147_472_000), ("1900-03-01", -2_203_891_200),
            ("9999-12-31", 253_402_214_400),
            ("0001-01-01", -62_135_596_800),
        ] as [(String, Int64)])
    func dates(text: String, seconds: Int64) throws {
        let date = try #require(CalendarDate(text))
        #expect(date.secondsSinceEpoch == seconds)
        #expect(date.description == text)
    }

    @Test(arguments: [
        "", "2025", "2025-4-9", "2025-04-31", "2025-13-01", "2025-00-10", "2025-02-29",
        "1900-02-29", "2025-04-09T00:00:00Z", "25-04-09", "2025-04-0x", "2025_04_09", "+025-04-09",
    ])
    func noDates(text: String) {
        #expect(CalendarDate(text) == nil)
    }

    @Test func datesCompareByDay() {
        let sorted = ["2024-12-31", "2025-01-01", "2025-02-01"].compactMap { CalendarDate($0) }
        #expect(sorted.reversed().sorted() == sorted)
        let epochs = sorted.map(\.secondsSinceEpoch)
        #expect(epochs == epochs.sorted())
    }

    @Test(arguments: [
        "libc6", "libc6 (>= 2.36)", "g++ (= 4:12.2.0-3)", "a1 (<< 1~rc1)",
    ])
    func relations(text: String) {
        #expect(Pattern.isRelation(text))
    }

    @Test(arguments: [
        "", "a", "libc6 >= 2.36", "libc6 (2.36)", "libc6 (> 2.36)", "libc6 (>= )", "libc6 (>=2.36)",
        "libc6 | musl", "libc6, musl", "libc6\n", "Libc6", "libc6  (>= 2.36)",
    ])
    func noRelations(text: String) {
        #expect(!Pattern.isRelation(text))
    }

    @Test(arguments: [
        "Name", "Name <mail>", "Name <a@b", "<a@b>", " <a@b>", "Name <a@b> x", "Name <a b@c>",
        "Name <a@b@c>", "Name\nX: y <a@b>", "Name <<a@b>>", "Name <@b>",
    ])
    func noMaintainers(text: String) {
        #expect(!Pattern.isMaintainer(text))
    }

    @Test(arguments: [
        "http://a", "https://", "https:///x", "https://a b", "https://é", "file:///x",
    ])
    func noAddresses(text: String) {
        #expect(!Pattern.isSecureAddress(text))
    }

    @Test(arguments: [
        "", "/a", "a/", "a//b", ".", "..", "a/../b", "a/.hidden", "-a", "a b", "a\u{0}",
    ])
    func noPaths(text: String) {
        #expect(!Pattern.isPath(text))
    }
}
