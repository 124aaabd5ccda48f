import Debian
import Diagnostics

/// The file that tells apt about a repository, `/etc/apt/sources.list.d/<vendor>.sources`.
package enum SourcesFile {
    /// The file's text in the deb822 style of sources.list(5).
    ///
    /// - Parameters:
    ///   - uri: where the repository's root is, such as `https://…` or `file:/…`.
    ///   - suite: such as `bookworm`.
    ///   - component: such as `main`.
    ///   - signedBy: the path of the keyring file on the client, or a whole armored key.
    ///   - architectures: those to offer; empty for the client's own.
    /// - Returns: one stanza with a final newline.
    /// - Throws: `Failure` of kind `failed` when a value does not fit in a field.
    package static func text(
        uri: String, suite: String, component: String, signedBy: String, architectures: [String]
    ) throws -> String {
        var fields = try [
            ControlField("Types", "deb"), ControlField("URIs", uri),
            ControlField("Suites", suite), ControlField("Components", component),
        ]
        if !architectures.isEmpty {
            fields.append(
                try ControlField("Architectures", architectures.joined(separator: " ")))
        }
        let isKey = signedBy.hasPrefix("-----BEGIN")
        fields.append(
            try isKey
                ? ControlField("Signed-By", first: "", folding: signedBy)
                : ControlField("Signed-By", signedBy))
        return try ControlStanza(fields).text
    }
}
