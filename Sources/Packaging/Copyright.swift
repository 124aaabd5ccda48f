import Debian
import Diagnostics

/// The texts of a Ruby release that say under which terms it may be used.
package struct LicenceTexts: Sendable, Hashable {
    /// `COPYING`: Ruby's own terms.
    package let copying: String
    /// `BSDL`: the 2-clause BSD licence that may be chosen instead.
    package let bsdl: String
    /// `LEGAL`: the files in the tree that have other terms or other authors.
    package let legal: String

    package init(copying: String, bsdl: String, legal: String) {
        self.copying = copying
        self.bsdl = bsdl
        self.legal = legal
    }

    /// The text of `/usr/share/doc/<package>/copyright` in the machine-readable format 1.0.
    ///
    /// The three texts are verbatim but for the marks that the format puts in front of lines.
    ///
    /// - Parameter source: where the upstream source came from.
    /// - Returns: the file's text.
    /// - Throws: `Failure` of kind `failed` when a text is empty or does not fit a field.
    package func copyrightText(source: String) throws -> String {
        for (name, text) in [("COPYING", copying), ("BSDL", bsdl), ("LEGAL", legal)]
        where !text.contains(where: { !$0.isWhitespace }) {
            throw Failure(
                .failed, "the source has no text in `\(name)`",
                hint: "a Ruby release carries COPYING, BSDL and LEGAL in its top folder")
        }
        let header = try ControlStanza([
            ControlField(
                "Format", "https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"),
            ControlField("Upstream-Name", "Ruby"),
            ControlField("Source", source),
        ])
        let files = try ControlStanza([
            ControlField("Files", "*"),
            ControlField("Copyright", "Yukihiro Matsumoto and the authors named below"),
            ControlField("License", "Ruby or BSD-2-Clause"),
            ControlField(
                "Comment", first: "Files with other terms or authors, from upstream's LEGAL:",
                folding: legal),
        ])
        let licences = try [("Ruby", copying), ("BSD-2-Clause", bsdl)].map { name, text in
            try ControlStanza([ControlField("License", first: name, folding: text)])
        }
        return ([header, files] + licences).map(\.text).joined(separator: "\n")
    }
}
