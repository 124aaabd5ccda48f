/// An SPDX 2.3 document as its JSON schema has it; only the fields that we fill.
struct SPDXDocument: Encodable {
    struct CreationInfo: Encodable {
        let created: String
        let creators: [String]
        let comment: String
    }

    struct Checksum: Encodable {
        let algorithm: String
        let checksumValue: String
    }

    struct ExternalReference: Encodable {
        let referenceCategory: String
        let referenceType: String
        let referenceLocator: String

        static func purl(_ locator: String) -> ExternalReference {
            ExternalReference(
                referenceCategory: "PACKAGE-MANAGER", referenceType: "purl",
                referenceLocator: locator)
        }
    }

    struct Package: Encodable {
        let SPDXID: String
        let name: String
        let versionInfo: String
        var packageFileName: String?
        var supplier: String?
        var downloadLocation = SPDXDocument.noAssertion
        /// The files are listed with their digests in the .deb itself (deb-md5sums(5)).
        let filesAnalyzed = false
        var checksums: [Checksum]?
        var homepage: String?
        var sourceInfo: String?
        var licenseConcluded = SPDXDocument.noAssertion
        var licenseDeclared = SPDXDocument.noAssertion
        var licenseComments: String?
        var copyrightText = SPDXDocument.noAssertion
        var summary: String?
        var comment: String?
        var externalRefs: [ExternalReference]?
        var primaryPackagePurpose: String?
    }

    struct Relationship: Encodable {
        let spdxElementId: String
        let relationshipType: String
        let relatedSpdxElement: String

        init(_ from: String, _ type: String, _ to: String) {
            spdxElementId = from
            relationshipType = type
            relatedSpdxElement = to
        }
    }

    struct ExtractedLicence: Encodable, Hashable {
        let licenseId: String
        let name: String
        let extractedText: String
    }

    static let noAssertion = "NOASSERTION"
    static let documentID = "SPDXRef-DOCUMENT"

    let spdxVersion = "SPDX-2.3"
    let dataLicense = "CC0-1.0"
    let SPDXID = Self.documentID
    let name: String
    let documentNamespace: String
    let creationInfo: CreationInfo
    let packages: [Package]
    let relationships: [Relationship]
    let hasExtractedLicensingInfos: [ExtractedLicence]
}

/// A licence as a gem's author wrote it, turned into an SPDX licence expression.
struct DeclaredLicence {
    /// Identifiers of the SPDX licence list that occur among Ruby's gems.
    ///
    /// Any other word becomes a reference to itself, which is valid whatever it says.
    private static let known: Set<String> = [
        "0BSD", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0",
        "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "ISC",
        "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT",
        "MPL-2.0", "Ruby", "Unlicense", "Zlib",
    ]

    let expression: String
    let extracted: [SPDXDocument.ExtractedLicence]

    /// - Parameter words: the licences of a gem, of which its user may choose one.
    init(anyOf words: [String]) {
        var terms: [String] = []
        var extracted: [SPDXDocument.ExtractedLicence] = []
        for word in words {
            if Self.known.contains(word) {
                terms.append(word)
                continue
            }
            let reference = "LicenseRef-\(SPDXName.escaped(word))"
            terms.append(reference)
            extracted.append(
                SPDXDocument.ExtractedLicence(
                    licenseId: reference, name: word,
                    extractedText: "The gem's specification says: \(word)"))
        }
        self.extracted = extracted
        expression = terms.isEmpty ? SPDXDocument.noAssertion : terms.joined(separator: " OR ")
    }

    /// What holds for a package of parts: all of the parts' licences, each choice once.
    static func conjunction(of expressions: [String]) -> String {
        let choices = expressions.filter { $0 != SPDXDocument.noAssertion }
            .map { $0.split(separator: " OR ").map(String.init).sorted() }
        return Set(choices).map { terms in
            terms.count > 1 ? "(\(terms.joined(separator: " OR ")))" : terms.joined()
        }.sorted().joined(separator: " AND ")
    }
}

/// The alphabet of SPDX identifiers: letters, digits, dot and hyphen.
enum SPDXName {
    /// Writes every other character as its code, so that two words never become one.
    static func escaped(_ word: String) -> String {
        word.utf8.map { byte in
            let isPlain =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            return isPlain
                ? String(UnicodeScalar(byte)) : "-x" + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
