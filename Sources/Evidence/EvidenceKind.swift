/// The texts that lie beside every .deb.
package enum EvidenceKind: String, Sendable, Hashable, CaseIterable {
    /// deb-buildinfo(5): the exact packages that were installed where it was built.
    case buildinfo
    /// SPDX 2.3: what is inside.
    case sbom
    /// An in-toto statement with SLSA provenance: all that it was made of, and how.
    case provenance

    /// What follows the .deb's name without `.deb`.
    package var suffix: String {
        switch self {
        case .buildinfo: ".buildinfo"
        case .sbom: ".spdx.json"
        case .provenance: ".intoto.json"
        }
    }

    /// The name of the text that belongs to a .deb.
    ///
    /// - Parameter deb: the .deb's file name.
    /// - Returns: a file name.
    package func fileName(of deb: String) -> String {
        (deb.hasSuffix(".deb") ? String(deb.dropLast(4)) : deb) + suffix
    }
}
