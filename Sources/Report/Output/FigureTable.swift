/// A table of the report, the same in HTML and Markdown.
struct FigureTable {
    /// How a column is set.
    enum Kind {
        case words, numbers
    }

    struct Cell {
        let text: String
        let isNumber: Bool
        /// The first column names its row.
        let isHead: Bool
        /// Number of the arm's colour, for cells that name one.
        let slot: Int?
        let mark: String?
    }

    struct Row {
        let cells: [Cell]
    }

    let caption: String
    let head: [Cell]
    let rows: [Row]

    /// - Parameters:
    ///   - caption: what it shows.
    ///   - columns: their titles and kinds.
    ///   - rows: texts by column; the first may be an arm's label, then with its colour.
    init(
        _ caption: String, columns: [(title: String, kind: Kind)],
        rows: [(arm: ReportArm?, texts: [String])]
    ) {
        self.caption = caption
        head = columns.map {
            Cell(text: $0.title, isNumber: $0.kind == .numbers, isHead: true, slot: nil, mark: nil)
        }
        self.rows = rows.map { row in
            Row(
                cells: zip(row.texts, columns).enumerated().map { index, pair in
                    let arm = index == 0 ? row.arm : nil
                    return Cell(
                        text: pair.0, isNumber: pair.1.kind == .numbers, isHead: index == 0,
                        slot: arm?.slot, mark: arm.map { Marks.text($0.slot) })
                })
        }
    }

    /// The table in Markdown, with what could be markup escaped.
    var markdown: String {
        let titles = head.map { MarkdownText.escaped($0.text) }.joined(separator: " | ")
        let rules = head.map { $0.isNumber ? "---:" : "---" }.joined(separator: " | ")
        let lines = rows.map { row in
            let texts = row.cells.map { MarkdownText.escaped($0.text) }
            return "| \(texts.joined(separator: " | ")) |"
        }
        return (["| \(titles) |", "| \(rules) |"] + lines).joined(separator: "\n")
    }
}

/// The mark of an arm, beside its colour; the charts draw the same shapes.
enum Marks {
    private static let marks = ["●", "■", "▲", "◆", "▼", "✚", "★", "⬟"]

    static func text(_ slot: Int) -> String { marks[slot % marks.count] }
}
