package import Debian
import Diagnostics

extension BinaryPackage {
    /// The stanza of `DEBIAN/control`, its fields in the order of dpkg-gencontrol(1).
    ///
    /// - Throws: `Failure` of kind `failed` when a value does not fit its field.
    package func controlStanza() throws -> ControlStanza {
        guard !summary.isEmpty, !summary.contains(where: \.isNewline) else {
            throw Failure(.failed, "the summary of \(name) has to be one line")
        }
        var fields: [(String, String)] = [
            ("Package", name.text), ("Version", version.text), ("Architecture", architecture),
            ("Maintainer", maintainer), ("Installed-Size", String(installedSizeKiB)),
        ]
        for (field, relations) in [
            ("Depends", depends), ("Recommends", recommends), ("Provides", provides),
        ] where !relations.isEmpty {
            fields.append((field, relations.joined(separator: ", ")))
        }
        fields += [("Section", section), ("Priority", "optional"), ("Homepage", homepage)]
        let description = try ControlField(
            "Description", first: summary, folding: TextFolding.wrapped(longDescription))
        return try ControlStanza(fields.map { try ControlField($0.0, $0.1) } + [description])
    }

    /// The text of `DEBIAN/control`.
    ///
    /// - Throws: `Failure` of kind `failed` when a value does not fit its field.
    package func controlText() throws -> String { try controlStanza().text }
}

/// Breaks running text into lines.
enum TextFolding {
    /// Wraps every paragraph; blank lines and lines that begin with a space stay as they are.
    ///
    /// - Parameters:
    ///   - text: paragraphs separated by blank lines.
    ///   - width: the most characters in a line; 79 leaves room for the space that deb822 puts
    ///     in front in a terminal of 80 columns.
    /// - Returns: the lines, joined; a word that is longer than a line stays whole.
    static func wrapped(_ text: String, width: Int = 79) -> String {
        var lines: [String] = []
        var paragraph: [Substring] = []
        func flush() {
            lines += filled(paragraph, width: width)
            paragraph = []
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty || line.hasPrefix(" ") {
                flush()
                lines.append(String(line))
            } else {
                paragraph += line.split(separator: " ")
            }
        }
        flush()
        return lines.joined(separator: "\n")
    }

    private static func filled(_ words: [Substring], width: Int) -> [String] {
        var lines: [String] = []
        for word in words {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
