/// The report as Markdown, for the summary of a CI run or a comment.
package struct MarkdownReport {
    private let report: Report

    package init(_ report: Report) {
        self.report = report
    }

    /// The text, ending with a line feed.
    package var text: String {
        let findings = Findings(report)
        let tables = Tables(report: report)
        var parts = ["## \(MarkdownText.escaped(report.title))"]
        parts.append("**\(MarkdownText.escaped(findings.headline)).**")
        parts += report.warnings.map { "> " + MarkdownText.escaped($0) }
        for workload in report.workloads {
            parts.append(
                "### \(MarkdownText.escaped(workload.name)): \(MarkdownText.escaped(findings.kept(workload)))"
            )
            parts.append(tables.summary(of: workload).markdown)
            if !workload.verdicts.isEmpty {
                parts.append(
                    workload.verdicts.map { "- " + MarkdownText.escaped($0.sentence) }
                        .joined(separator: "\n"))
            }
            if !workload.failures.isEmpty {
                parts.append(
                    workload.failures.map { "- " + MarkdownText.escaped($0) }
                        .joined(separator: "\n"))
            }
            parts += [tables.collections(of: workload), tables.advice(of: workload)]
                .compactMap { $0 }.map(details)
        }
        for map in report.maps {
            parts.append("### \(MarkdownText.escaped(findings.map(map)))")
            if let arenas = tables.arenas(of: map) { parts.append(details(arenas)) }
        }
        if let gate = findings.gate {
            parts.append("### \(MarkdownText.escaped(gate))")
            parts.append(GateTables(report.gate).packages.markdown)
            parts += GateTables(report.gate).rows.map(details)
        }
        parts += (tables.machines + tables.rubies).map(details)
        return parts.joined(separator: "\n\n") + "\n"
    }

    private func details(_ table: FigureTable) -> String {
        "<details><summary>\(MarkdownText.escaped(table.caption))</summary>\n\n\(table.markdown)\n\n</details>"
    }
}

/// Text that Markdown takes as it is.
enum MarkdownText {
    /// Puts a backslash before what could be markup, and makes one line of it; `<` and `&` become
    /// entities, so that no HTML can begin.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            case "\\", "`", "*", "_", "[", "]", "|", "#", "~", "!", "$":
                escaped += "\\\(character)"
            case _ where character.isNewline: escaped += " "
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
