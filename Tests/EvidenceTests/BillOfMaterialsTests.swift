import Diagnostics
import Foundation
import Testing

@testable import Evidence

@Suite struct BillOfMaterialsTests {
    private struct Document: Decodable {
        struct Package: Decodable {
            let SPDXID: String
            let name: String
            let versionInfo: String
            let licenseDeclared: String
            let externalRefs: [Reference]
        }
        struct Reference: Decodable { let referenceLocator: String }
        struct Relationship: Decodable {
            let spdxElementId: String
            let relationshipType: String
            let relatedSpdxElement: String
        }
        struct Info: Decodable { let created: String }

        let documentNamespace: String
        let creationInfo: Info
        let packages: [Package]
        let relationships: [Relationship]
        let hasExtractedLicensingInfos: [Licence]
        struct Licence: Decodable { let licenseId: String }

        var lines: [String] {
            relationships.map {
                "\($0.spdxElementId) \($0.relationshipType) \($0.relatedSpdxElement)"
            }
        }
    }

    private func document(_ fixture: EvidenceFixture = EvidenceFixture()) throws -> Document {
        try JSONDecoder().decode(Document.self, from: Data(try fixture.sbom()))
    }

    @Test func itNamesTheReleaseTheGemsAndTheLibrariesWithTheirLicences() throws {
        let packages = try document().packages
        #expect(
            packages.map { "\($0.name) \($0.versionInfo): \($0.licenseDeclared)" } == [
                "acme-ruby-3.3.8-trim 3.3.8-1+deb12: (BSD-2-Clause OR Ruby) AND"
                    + " (LicenseRef-PSFL OR Ruby) AND MIT",
                "ruby 3.3.8: Ruby OR BSD-2-Clause", "bundler 2.5.22: MIT",
                "did_you_mean 1.6.3: BSD-2-Clause OR Ruby",
                "rbs 3.4.0: Ruby OR BSD-2-Clause", "test-unit 3.6.1: Ruby OR LicenseRef-PSFL",
                "unlicensed 1: NOASSERTION", "libc6 2.36-9+deb12u14: NOASSERTION",
                "libjemalloc2 5.3.0-1: NOASSERTION",
            ])
        #expect(
            packages.flatMap(\.externalRefs).map(\.referenceLocator) == [
                "pkg:deb/acme/acme-ruby-3.3.8-trim@3.3.8-1%2Bdeb12?arch=amd64",
                "pkg:generic/ruby@3.3.8", "pkg:gem/bundler@2.5.22", "pkg:gem/did_you_mean@1.6.3",
                "pkg:gem/rbs@3.4.0", "pkg:gem/test-unit@3.6.1", "pkg:gem/unlicensed@1",
                "pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?arch=amd64",
                "pkg:deb/debian/libjemalloc2@5.3.0-1?arch=amd64",
            ])
    }

    @Test func itSaysHowTheyBelongTogether() throws {
        let document = try document()
        let lines = document.lines
        for line in [
            "SPDXRef-DOCUMENT DESCRIBES SPDXRef-Package",
            "SPDXRef-Package CONTAINS SPDXRef-Ruby",
            "SPDXRef-Ruby CONTAINS SPDXRef-Gem-did-x5Fyou-x5Fmean-1.6.3",
            "SPDXRef-Package CONTAINS SPDXRef-Gem-rbs-3.4.0",
            "SPDXRef-Package DEPENDS_ON SPDXRef-System-libc6",
            "SPDXRef-Ruby DYNAMIC_LINK SPDXRef-System-libjemalloc2",
        ] { #expect(lines.contains(line), "\(line)") }
        let known = Set(document.packages.map(\.SPDXID)).union(["SPDXRef-DOCUMENT"])
        #expect(known.count == document.packages.count + 1)
        for relationship in document.relationships {
            #expect(known.contains(relationship.spdxElementId))
            #expect(known.contains(relationship.relatedSpdxElement))
        }
        #expect(document.hasExtractedLicensingInfos.map(\.licenseId) == ["LicenseRef-PSFL"])
    }

    @Test func itsDateAndNameFollowFromThePackage() throws {
        let document = try document()
        #expect(document.creationInfo.created == "2025-04-09T00:00:00Z")
        let digest = try EvidenceFixture().deb.sha256
        #expect(document.documentNamespace.hasSuffix(":\(digest)"))
        #expect(try EvidenceFixture().sbom() == EvidenceFixture().sbom())
    }

    @Test func debugSymbolsContainNoGems() throws {
        var fixture = EvidenceFixture()
        fixture.isDebug = true
        fixture.depends = "acme-ruby-3.3.8-trim (= 3.3.8-1+deb12)"
        let document = try document(fixture)
        #expect(document.packages.map(\.name) == ["acme-ruby-3.3.8-trim-dbgsym", "ruby"])
        #expect(
            document.lines == [
                "SPDXRef-DOCUMENT DESCRIBES SPDXRef-Package",
                "SPDXRef-Package GENERATED_FROM SPDXRef-Ruby",
            ])
    }

    @Test func aLibraryThatNobodyKnowsIsADefectOfTheBuild() throws {
        var fixture = EvidenceFixture()
        fixture.depends = "libc6 (>= 2.36), libother1 (>= 2)"
        let failure = #expect(throws: Failure.self) { try fixture.sbom() }
        #expect(failure?.message.contains("`libother1 (>= 2)`") == true)
    }

    @Test(arguments: [
        (#"{"schema":1}"#, "cannot be read"),
        (
            #"{"schema":1,"ruby":"3.3.9","platform":"x","rubygems":"3","gems":[]}"#,
            "says that it is 3.3.9"
        ),
        (
            #"{"schema":1,"ruby":"3.3.8","platform":"x","rubygems":"3","gems":[{"name":"a b","#
                + #""version":"1","licenses":[],"homepage":"","default":true,"extensions":false}]}"#,
            "an odd name"
        ),
    ])
    func whatTheRubyInThePackageSaysIsNotTrusted(json: String, word: String) throws {
        let failure = #expect(throws: Failure.self) {
            try Inventory(json: Data(json.utf8), release: "3.3.8")
        }
        #expect(failure?.message.contains(word) == true)
    }
}
