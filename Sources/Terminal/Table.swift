/// Columns of text, aligned by their widest cell.
package struct Table: Sendable, Hashable {
    package let header: [String]
    package let rows: [[String]]
    /// Indexes of the columns aligned to the right, such as sizes.
    package let rightAligned: Set<Int>

    package init(header: [String], rows: [[String]], rightAligned: Set<Int> = []) {
        self.header = header
        self.rows = rows
        self.rightAligned = rightAligned
    }

    /// The table as lines, with a bold header where the style has one.
    package func text(style: Style) -> String {
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            let padded = cells.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - cells[column].count)
                return rightAligned.contains(column) ? space + cells[column] : cells[column] + space
            }
            var text = padded.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            return text
        }
        return ([style.strong(line(header))] + rows.map(line)).joined(separator: "\n")
    }
}

/// Numbers as people read them.
package enum Readable {
    /// `38.2 MB`, in powers of 1000 as storage is sold and apt prints it.
    package static func bytes(_ count: Int64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        if count < 1000 { return "\(count) B" }
        var value = Double(count)
        var unit = 0
        // 999 950 is rounded to 1000.0 kB, which is 1.0 MB.
        while value >= 999.95, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return "\((value * 10).rounded() / 10) \(units[unit])"
    }

    /// `0.4s`, `38s`, `4m39s`, `1h02m`.
    package static func duration(_ seconds: Double) -> String {
        if seconds < 9.95 { return "\((seconds * 10).rounded() / 10)s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole)s" }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if whole < 3600 { return "\(whole / 60)m\(two(whole % 60))s" }
        return "\(whole / 3600)h\(two(whole % 3600 / 60))m"
    }
}
