import Testing

@testable import Terminal

@Suite struct TableTests {
    private let plain = Style(isColoured: false)

    @Test func columnsAreAlignedByTheirWidestCell() {
        let table = Table(
            header: ["PACKAGE", "SIZE", "SUITE"],
            rows: [["ruby", "38.2 MB", "bookworm"], ["a-long-name", "9 B", ""]],
            rightAligned: [1])
        #expect(
            table.text(style: plain) == """
                PACKAGE         SIZE  SUITE
                ruby         38.2 MB  bookworm
                a-long-name      9 B
                """)
    }

    @Test func aTableWithoutRowsIsItsHeader() {
        #expect(Table(header: ["A", "B"], rows: []).text(style: plain) == "A  B")
    }

    @Test func theHeaderIsBoldWhereThereIsColour() {
        let text = Table(header: ["A"], rows: [["b"]]).text(style: Style(isColoured: true))
        #expect(text == "\u{1B}[1mA\u{1B}[0m\nb")
    }
}

@Suite struct ReadableTests {
    @Test(arguments: [
        (0, "0 B"), (1, "1 B"), (999, "999 B"), (1000, "1.0 kB"), (1049, "1.0 kB"),
        (1050, "1.1 kB"), (38_200_000, "38.2 MB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
        (999_999, "1.0 MB"), (999_999_999, "1.0 GB"), (1_500_000_000_000, "1.5 TB"),
        (2_500_000_000_000_000, "2500.0 TB"),
    ])
    func bytes(count: Int64, expected: String) {
        #expect(Readable.bytes(count) == expected)
    }

    @Test(arguments: [
        (0, "0.0s"), (0.44, "0.4s"), (9.94, "9.9s"), (9.96, "10s"), (38.4, "38s"), (59.4, "59s"),
        (59.6, "1m00s"), (279, "4m39s"), (3599.4, "59m59s"), (3599.6, "1h00m"), (3720, "1h02m"),
        (90_000, "25h00m"),
    ])
    func duration(seconds: Double, expected: String) {
        #expect(Readable.duration(seconds) == expected)
    }
}
