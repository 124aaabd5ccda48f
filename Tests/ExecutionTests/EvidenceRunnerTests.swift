import Diagnostics
import Digest
import Foundation
import HostSystem
import Lock
import Planning
import Store
import SystemPackage
import Testing

@testable import Execution

/// The action that writes down what a package is made of, with shell scripts in place of dpkg and
/// Ruby.
@Suite struct EvidenceRunnerTests {
    private static let script = Array("# a step\n".utf8)
    private static let goal = ActionID("package ruby-3.3.8-plain bookworm/amd64")
    private static let control = """
        mkdir /outputs/control && printf 'Package: lapidary-ruby-3.3.8-plain\\nVersion: 3.3.8-1\\n\
        Architecture: amd64\\nDepends: libc6\\n' > /outputs/control/control
        """
    private static let inventory = """
        echo '{"schema":1,"ruby":"3.3.8","platform":"x","rubygems":"3","gems":[{"name":"rake",\
        "version":"13","licenses":["MIT"],"homepage":"","default":false,"extensions":false}]}' \
        > /outputs/inventory.json
        """

    private func action(_ scripts: [String], deb: SHA256Digest) throws -> Action {
        let member = PackageSet.Member(
            package: "libc6", version: "2.36", architecture: "amd64",
            sha256: SHA256Digest(of: "libc6"), size: 1, isBase: true, stanza: "")
        let set = PackageSet(
            suite: "bookworm", architecture: "amd64", request: SHA256Digest(of: ""),
            members: [member])
        let root = ActionID("root build bookworm/amd64")
        let plan = try Plan([
            Action(
                id: root, inputs: [:],
                operation: .root(
                    RootOperation(
                        suite: "bookworm", architecture: "amd64", baseOnly: false,
                        packages: [member.sha256], epoch: 0))),
            Action(
                id: ActionID("fetch ruby.tar"), inputs: [:],
                operation: .fetch(
                    FetchOperation(
                        origin: .upstream(addresses: ["https://example.org/ruby.tar"]),
                        sha256: SHA256Digest(of: "source"), size: 6))),
            Action(
                id: Self.goal,
                inputs: [
                    "root": .output(root, "root"),
                    "Recipes/steps/a.rb": .blob(SHA256Digest(of: Self.script)),
                ],
                operation: .package(
                    PackageOperation(
                        vendor: "lapidary", name: "lapidary-ruby-3.3.8-plain", version: "3.3.8-1",
                        suite: "bookworm", architecture: "amd64", maintainer: "A <a@example.org>",
                        homepage: "https://example.org", prefix: "/opt/rubies/ruby-3.3.8-plain",
                        summary: "Ruby", description: "Ruby.\n", depends: [], debugSymbolsOf: nil,
                        epoch: 1_744_156_800, compression: ["-Zxz"]))),
        ])
        let steps = scripts.map { StepsOperation.Step("a step", ["sh", "-c", $0], in: "/build") }
        return Action(
            id: ActionID("evidence ruby-3.3.8-plain bookworm/amd64"),
            inputs: [
                "root": .blob(ExecutionFixture.root), "deb": .blob(deb),
                "Recipes/steps/a.rb": .blob(SHA256Digest(of: Self.script)),
            ],
            operation: .evidence(
                EvidenceOperation(
                    plan: PlanDocument(plan, packageSets: [set]), goal: Self.goal,
                    release: "3.3.8", variant: "plain", distribution: "debian", additions: [],
                    lockDigest: nil, builderVersion: "0", preparation: steps, environment: [:])))
    }

    private func run(_ scripts: [String], in fixture: ExecutionFixture) async throws
        -> [String: String]
    {
        let deb = Array("a package".utf8)
        try fixture.store.insert(deb)
        try fixture.store.insert(Self.script)
        let action = try action(scripts, deb: SHA256Digest(of: deb))
        let outcome = try await fixture.executor().run(Plan([action]))[action.id]
        return try #require(outcome).result.outputs.mapValues { output in
            try Files.readText(try #require(try fixture.store.verified(output.sha256)))
        }
    }

    @Test func itWritesThreeTextsThatNameEachOther() async throws {
        try await ExecutionFixture.with { fixture in
            let texts = try await run([Self.control, Self.inventory], in: fixture)
            #expect(texts.keys.sorted() == ["buildinfo", "provenance", "sbom"])
            let buildinfo = try #require(texts["buildinfo"])
            let sbom = try #require(texts["sbom"])
            let provenance = try #require(texts["provenance"])
            #expect(buildinfo.contains("\n LC_ALL=\"C.UTF-8\"\n"))
            // As md5sum, sha1sum and sha256sum have it.
            for digest in [
                "3f64cc0fe036e0219032844f6fd77ea5", "ebe47ba6162372448ad242a81cde8f80722b57fb",
                SHA256Digest(of: "a package").hex,
            ] {
                #expect(buildinfo.contains("\n \(digest) 9 lapidary-ruby-3.3.8-plain_3.3.8-1_"))
            }
            #expect(sbom.contains("pkg:gem/rake@13"))
            for text in [buildinfo, sbom] {
                #expect(provenance.contains(SHA256Digest(of: text).hex))
            }
            #expect(provenance.contains(Data(Self.script).base64EncodedString()))
            try fixture.expectNoLeftovers()
        }
    }

    /// What ran out of the package may leave anything.
    @Test(arguments: [
        ("ln -s /etc/passwd /outputs/inventory.json", "made no file `inventory.json`"),
        ("true", "made no file `inventory.json`"),
        ("echo '{' > /outputs/inventory.json", "cannot be read"),
        ("false", "failed at step `a step`"),
    ])
    func aPackageThatDoesNotTellFails(script: String, word: String) async throws {
        try await ExecutionFixture.with { fixture in
            let failure = await #expect(throws: Failure.self) {
                try await run([Self.control, script], in: fixture)
            }
            #expect(failure?.kind == .failed)
            #expect(failure?.message.contains(word) == true, "\(failure?.message ?? "")")
            try fixture.expectNoResults()
        }
    }
}
