package import Debian
import Diagnostics
import Digest
package import Planning

extension PackageSet.Member {
    /// The same package with the stanza that the archive's index would have of it.
    ///
    /// An index has the package's own control fields with the size and the digest of the file
    /// (apt-ftparchive(1)); nothing else of it matters to a root.
    ///
    /// - Parameter control: the control file in the package.
    /// - Returns: a member with a stanza.
    /// - Throws: `Failure` of kind `integrity` when it is the control file of another package.
    package func restoringStanza(from control: ControlStanza) throws -> PackageSet.Member {
        let said = ["Package", "Version", "Architecture"].map { control[$0] ?? "" }
        guard said == [package, version, architecture] else {
            throw Failure(
                .integrity,
                "the package with sha256 \(sha256) is \(said.joined(separator: " ")), not"
                    + " \(package) \(version) \(architecture)",
                hint: "the evidence that names it so is wrong")
        }
        let added = [("Size", String(size)), ("SHA256", sha256.hex)]
        let fields = control.fields.filter { field in
            !added.contains { field.isNamed($0.0) }
        }
        let stanza = try ControlStanza(fields + added.map { try ControlField($0.0, $0.1) })
        return PackageSet.Member(
            package: package, version: version, architecture: architecture, sha256: sha256,
            size: size, isBase: isBase, stanza: stanza.text)
    }
}
