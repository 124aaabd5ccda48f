import Debian
import Digest
import Lock
import Planning

@testable import Evidence

/// A package of a small plan, with everything that its evidence is written from.
struct EvidenceFixture {
    static let epoch = 1_744_156_800
    static let patch = Array("--- a/gc.c\n+++ b/gc.c\n".utf8)
    static let script = Array("# frozen_string_literal: true\n".utf8)
    static let files = [
        "Patches/ruby-3.3/0001-trim.patch": patch, "Recipes/steps/stage.rb": script,
    ]
    static let goal = ActionID("package ruby-3.3.8-trim bookworm/amd64")

    var lock: SHA256Digest? = SHA256Digest(of: "the lock")
    var isDebug = false
    var depends = "libc6 (>= 2.36), libjemalloc2 (>= 2.1.1) | libjemalloc1"
    var inputName = "Recipes/steps/stage.rb"
    var output = "install.tar.zst"

    static func member(_ name: String, _ version: String, _ architecture: String = "amd64")
        -> PackageSet.Member
    {
        PackageSet.Member(
            package: name, version: version, architecture: architecture,
            sha256: SHA256Digest(of: "\(name) \(version)"), size: 1000, isBase: name == "libc6",
            stanza: "")
    }

    var members = Self.standardMembers
    static let standardMembers = [
        member("adduser", "3.134", "all"), member("gcc", "4:12.2.0-3"),
        member("libc6", "2.36-9+deb12u14"),
    ]
    static let additions = [member("libjemalloc2", "5.3.0-1")]
    static let source = FetchOperation(
        origin: .debian(
            suite: "trixie", package: "ruby3.3", version: "3.3.8-2",
            file: "ruby3.3_3.3.8.orig.tar.xz"), sha256: SHA256Digest(of: "source"), size: 14)

    var package: PackageOperation {
        PackageOperation(
            vendor: "acme", name: "acme-ruby-3.3.8-trim\(isDebug ? "-dbgsym" : "")",
            version: "3.3.8-1+deb12", suite: "bookworm", architecture: "amd64",
            maintainer: "Acme <acme@example.org>", homepage: "https://www.ruby-lang.org/",
            prefix: "/opt/rubies/ruby-3.3.8-trim", summary: "Ruby 3.3.8 that gives memory back",
            description: "Text.\n", depends: [],
            debugSymbolsOf: isDebug ? "acme-ruby-3.3.8-trim" : nil, epoch: Self.epoch,
            compression: ["-Zxz"])
    }

    var plan: Plan {
        get throws {
            let root = ActionID("root build bookworm/amd64")
            let fetch = ActionID("fetch ruby3.3_3.3.8.orig.tar.xz")
            let derive = ActionID("derive ruby-3.3.8-trim bookworm/amd64")
            return try Plan([
                Action(
                    id: root, inputs: [:],
                    operation: .root(
                        RootOperation(
                            suite: "bookworm", architecture: "amd64", baseOnly: false,
                            packages: members.map(\.sha256), epoch: 0))),
                Action(id: fetch, inputs: [:], operation: .fetch(Self.source)),
                Action(
                    id: derive,
                    inputs: [
                        "root": .output(root, "root"), "source": .output(fetch, "source"),
                        "Patches/ruby-3.3/0001-trim.patch": .blob(SHA256Digest(of: Self.patch)),
                        inputName: .blob(SHA256Digest(of: Self.script)),
                        "libraries/libjemalloc2_5.3.0-1_amd64.deb": .blob(
                            Self.additions[0].sha256),
                    ],
                    operation: .steps(
                        StepsOperation(
                            steps: [.init("make", ["make", "-j{jobs}"], in: "/build")],
                            environment: ["SOURCE_DATE_EPOCH": "\(Self.epoch)"],
                            outputs: ["install": output]))),
                Action(
                    id: Self.goal,
                    inputs: [
                        "root": .output(root, "root"), "install": .output(derive, "install"),
                    ], operation: .package(package)),
            ])
        }
    }

    var operation: EvidenceOperation {
        get throws {
            let set = PackageSet(
                suite: "bookworm", architecture: "amd64", request: SHA256Digest(of: "request"),
                members: members)
            return EvidenceOperation(
                plan: PlanDocument(try plan, packageSets: [set]).withoutStanzas, goal: Self.goal,
                release: "3.3.8", variant: "trim", distribution: "debian",
                additions: Self.additions, lockDigest: lock, builderVersion: "0.1.0",
                preparation: [], environment: [:])
        }
    }

    static let debBytes = Array("!<arch>\nno real package\n".utf8)
    var debName: String { package.fileName }

    var deb: DebDescription {
        get throws {
            DebDescription(
                fileName: debName, size: 25, md5: "d41d8cd98f00b204e9800998ecf8427e",
                sha1: "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                sha256: SHA256Digest(of: Self.debBytes),
                control: try ControlStanza.parse(
                    """
                    Package: \(package.name)
                    Version: 3.3.8-1+deb12
                    Architecture: amd64
                    Depends: \(depends)

                    """, source: "control"))
        }
    }

    static let inventory = Inventory(
        ruby: "3.3.8", platform: "x86_64-linux", rubygems: "3.5.22",
        gems: [
            gem("bundler", "2.5.22", ["MIT"], isDefault: true),
            gem("did_you_mean", "1.6.3", ["BSD-2-Clause", "Ruby"], isDefault: true),
            gem("rbs", "3.4.0", ["Ruby", "BSD-2-Clause"]),
            gem("test-unit", "3.6.1", ["Ruby", "PSFL"]),
            gem("unlicensed", "1", []),
        ])

    static func gem(
        _ name: String, _ version: String, _ licenses: [String], isDefault: Bool = false
    ) -> Inventory.Gem {
        Inventory.Gem(
            name: name, version: version, licenses: licenses,
            homepage: "https://example.org/\(name)", isDefault: isDefault, extensions: false)
    }

    func buildinfo() throws -> String {
        try BuildInfo(
            deb: deb, origin: "acme", date: UTCDate(seconds: Self.epoch),
            installed: members + Self.additions
                + [Self.member("libc6", "2.36-9+deb12u14", "i386")],
            environment: ["TZ": "UTC", "LC_ALL": "C.UTF-8", "ODD": "a\"b\\c"]
        ).text()
    }

    func sbom() throws -> [UInt8] {
        try BillOfMaterials(
            deb: deb, operation: package, evidence: operation, source: Self.source,
            inventory: isDebug ? nil : Self.inventory
        ).bytes()
    }

    func provenance() throws -> Provenance {
        let texts: [(EvidenceKind, [UInt8])] = [
            (.buildinfo, Array(try buildinfo().utf8)), (.sbom, try sbom()),
        ]
        return try Provenance(
            evidence: operation, operation: package, source: Self.source,
            subjects: [.init(name: debName, digest: .init(sha256: SHA256Digest(of: Self.debBytes)))]
                + texts.map { kind, bytes in
                    .init(
                        name: kind.fileName(of: debName),
                        digest: .init(sha256: SHA256Digest(of: bytes)))
                }, files: Self.files)
    }
}
