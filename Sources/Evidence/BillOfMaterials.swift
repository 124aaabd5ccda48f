import Debian
import Diagnostics
import Digest
import Lock
package import Planning

/// What is inside a .deb, as an SPDX 2.3 document.
///
/// It is dated with the release's date and named after the .deb's digest, so that the same package
/// has the same document.
package struct BillOfMaterials: Sendable {
    /// The licence that upstream's COPYING and BSDL give.
    static let rubyLicence = "Ruby OR BSD-2-Clause"

    let deb: DebDescription
    let operation: PackageOperation
    let evidence: EvidenceOperation
    let source: FetchOperation
    /// What is in the tree; nil for debug symbols.
    let inventory: Inventory?

    package init(
        deb: DebDescription, operation: PackageOperation, evidence: EvidenceOperation,
        source: FetchOperation, inventory: Inventory?
    ) {
        self.deb = deb
        self.operation = operation
        self.evidence = evidence
        self.source = source
        self.inventory = inventory
    }

    private static let debID = "SPDXRef-Package"
    private static let rubyID = "SPDXRef-Ruby"

    /// The document as JSON.
    ///
    /// - Throws: `Failure` of kind `failed` for a dependency that no package of the root fulfils.
    package func bytes() throws -> [UInt8] {
        let gems = (inventory?.gems ?? []).map(component)
        let libraries = try linked()
        let stem = EvidenceKind.sbom.fileName(of: deb.fileName)
            .dropLast(EvidenceKind.sbom.suffix.count)
        let licences = gems.flatMap(\.licence.extracted)
        let document = SPDXDocument(
            name: String(stem),
            documentNamespace: "urn:lapidary:spdx:\(stem):\(deb.sha256)",
            creationInfo: .init(
                created: UTCDate(seconds: operation.epoch).iso8601,
                creators: [
                    "Organization: \(operation.vendor)",
                    "Tool: lapidary-\(evidence.builderVersion)",
                ],
                comment: "The date is the release's, not the time of the build."),
            packages: [described(gems), ruby] + gems.map(\.package) + libraries.map(package),
            relationships: relationships(gems, libraries),
            hasExtractedLicensingInfos: Set(licences).sorted { $0.licenseId < $1.licenseId })
        return try CanonicalJSON.bytes(document)
    }

    private struct Component {
        let package: SPDXDocument.Package
        let licence: DeclaredLicence
        let isDefault: Bool
    }

    /// The .deb itself.
    private func described(_ gems: [Component]) -> SPDXDocument.Package {
        var package = SPDXDocument.Package(
            SPDXID: Self.debID, name: operation.name, versionInfo: operation.version)
        package.packageFileName = deb.fileName
        package.supplier = "Organization: \(operation.vendor)"
        package.checksums = [.init(algorithm: "SHA256", checksumValue: deb.sha256.hex)]
        package.homepage = operation.homepage
        package.licenseDeclared = DeclaredLicence.conjunction(
            of: [Self.rubyLicence] + gems.map(\.licence.expression))
        package.summary = operation.summary
        package.externalRefs = [
            .purl(
                PackageURL.deb(
                    vendor: operation.vendor, name: operation.name, version: operation.version,
                    architecture: operation.architecture))
        ]
        package.primaryPackagePurpose = "INSTALL"
        return package
    }

    /// Ruby itself: its checksum is that of the source archive.
    private var ruby: SPDXDocument.Package {
        var package = SPDXDocument.Package(
            SPDXID: Self.rubyID, name: "ruby", versionInfo: evidence.release)
        package.packageFileName = source.fileName
        if case .upstream(let addresses) = source.origin, let first = addresses.first {
            package.downloadLocation = first
        }
        package.checksums = [.init(algorithm: "SHA256", checksumValue: source.sha256.hex)]
        package.homepage = "https://www.ruby-lang.org/"
        package.licenseDeclared = Self.rubyLicence
        package.licenseComments =
            "COPYING and BSDL give the choice; LEGAL, in the package's copyright file, names the"
            + " files with other terms."
        package.sourceInfo = sourceInfo
        package.externalRefs = [.purl(PackageURL.ruby(evidence.release))]
        package.primaryPackagePurpose = "SOURCE"
        return package
    }

    private var sourceInfo: String {
        let origin =
            switch source.origin {
            case .upstream: "upstream's archive \(source.fileName)"
            case .debian(_, let package, let version, let file):
                "\(file) of Debian's source package \(package) \(version)"
            }
        let patches = evidence.projectFiles.map(\.path).filter { $0.hasPrefix("Patches/") }
        return "built from \(origin)"
            + (patches.isEmpty ? "" : " with \(patches.joined(separator: ", "))")
    }

    private func component(_ gem: Inventory.Gem) -> Component {
        let licence = DeclaredLicence(anyOf: gem.licenses)
        let name = "\(SPDXName.escaped(gem.name))-\(SPDXName.escaped(gem.version))"
        var package = SPDXDocument.Package(
            SPDXID: "SPDXRef-Gem-\(name)", name: gem.name, versionInfo: gem.version)
        package.homepage = gem.homepage.hasPrefix("http") ? gem.homepage : nil
        package.licenseDeclared = licence.expression
        package.licenseComments =
            gem.licenses.isEmpty
            ? "The gem's specification names no licence."
            : "The gem's specification lists: \(gem.licenses.joined(separator: ", "))."
        package.comment = gem.default ? "default gem" : "bundled gem"
        package.externalRefs = [.purl(PackageURL.gem(name: gem.name, version: gem.version))]
        package.primaryPackagePurpose = "LIBRARY"
        return Component(package: package, licence: licence, isDefault: gem.default)
    }

    /// A package that ours depends on, in the version that it was linked with.
    private struct Library {
        let member: PackageSet.Member
        /// Whether dpkg-shlibdeps(1) found it, not a recipe.
        let isLinked: Bool

        var id: String { "SPDXRef-System-\(SPDXName.escaped(member.package))" }
    }

    private func linked() throws -> [Library] {
        guard operation.debugSymbolsOf == nil else { return [] }
        let members = evidence.plan.packageSets.flatMap(\.members) + evidence.additions
        let declared = Set(operation.depends)
        var libraries: [String: Library] = [:]
        let relations = (deb.control["Depends"] ?? "").split(separator: ",")
            .map { $0.trimmingPrefix(" ") }
        for relation in relations {
            let names = relation.split(separator: "|").compactMap { alternative in
                alternative.split(whereSeparator: { " (:".contains($0) }).first.map(String.init)
            }
            let member = names.lazy.compactMap { name in members.first { $0.package == name } }
                .first
            let isLinked = !declared.contains(String(relation))
            guard let member else {
                // What a recipe asks for may be no part of the build.
                if !isLinked { continue }
                throw Failure(
                    .failed,
                    "\(operation.name) depends on `\(relation)`, which it was not built with")
            }
            let known = libraries[member.package]?.isLinked ?? false
            libraries[member.package] = Library(member: member, isLinked: isLinked || known)
        }
        return libraries.values.sorted { $0.id < $1.id }
    }

    private func package(_ library: Library) -> SPDXDocument.Package {
        let member = library.member
        var package = SPDXDocument.Package(
            SPDXID: library.id, name: member.package, versionInfo: member.version)
        package.packageFileName = member.fileName
        package.checksums = [.init(algorithm: "SHA256", checksumValue: member.sha256.hex)]
        package.comment = "not in the package; it was linked with this version"
        package.externalRefs = [
            .purl(
                PackageURL.deb(
                    vendor: evidence.distribution, name: member.package, version: member.version,
                    architecture: member.architecture))
        ]
        package.primaryPackagePurpose = "LIBRARY"
        return package
    }

    private func relationships(_ gems: [Component], _ libraries: [Library])
        -> [SPDXDocument.Relationship]
    {
        var found: [SPDXDocument.Relationship] = [
            .init(SPDXDocument.documentID, "DESCRIBES", Self.debID),
            .init(Self.debID, "GENERATED_FROM", Self.rubyID),
        ]
        // Debug symbols have nothing of Ruby that could be run.
        if inventory != nil { found.append(.init(Self.debID, "CONTAINS", Self.rubyID)) }
        for gem in gems {
            found.append(
                .init(gem.isDefault ? Self.rubyID : Self.debID, "CONTAINS", gem.package.SPDXID))
        }
        for library in libraries {
            found.append(.init(Self.debID, "DEPENDS_ON", library.id))
            if library.isLinked { found.append(.init(Self.rubyID, "DYNAMIC_LINK", library.id)) }
        }
        return found
    }
}
