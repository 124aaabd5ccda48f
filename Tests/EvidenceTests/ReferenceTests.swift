import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Evidence

/// What the reference implementations of the formats say of our texts, and of broken ones.
@Suite(.enabled(if: PythonTools.isAvailable, "python3 is not installed"), .serialized)
struct ReferenceTests {
    @Test func theSPDXValidatorAcceptsTheBillAndRefusesABrokenOne() async throws {
        try await PythonTools.with(["spdx-tools==0.8.5"]) { programs, folder in
            func validate(_ text: String) async throws -> CommandResult {
                let file = folder.appending("a.spdx.json")
                try Files.write(text, to: file)
                return try await SubprocessRunner().capture(
                    Command(
                        programs.appending("pyspdxtools").string, ["--infile", file.string]))
            }
            var debug = EvidenceFixture()
            debug.isDebug = true
            for fixture in [EvidenceFixture(), debug] {
                let text = String(decoding: try fixture.sbom(), as: UTF8.self)
                let good = try await validate(text)
                #expect(good.succeeded, "\(good)")
                for (old, new) in [
                    (
                        "SPDXRef-Ruby\",\n      \"relationshipType",
                        "SPDXRef-Ro\",\n      \"relationshipType"
                    ),
                    ("2025-04-09T00:00:00Z", "2025-04-09"),
                    ("\"Ruby OR BSD-2-Clause\"", "\"Ruby OR NoLicence\""),
                    ("urn:lapidary:spdx:", "no address "),
                ] where text.contains(old) {
                    let bad = try await validate(text.replacing(old, with: new))
                    #expect(!bad.succeeded, "\(new)")
                }
            }
        }
    }

    /// The protocol buffers of in-toto and SLSA refuse every field that they do not know.
    @Test func inTotosOwnClassesReadTheStatementAndItsPredicate() async throws {
        let program = """
            import json, sys, hashlib
            import google.protobuf.json_format as form
            from in_toto_attestation.v1 import statement_pb2
            from in_toto_attestation.v1.statement import Statement
            from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
            text = open(sys.argv[1]).read()
            message = statement_pb2.Statement()
            form.Parse(text, message)
            Statement.copy_from_pb(message).validate()
            provenance = provenance_pb2.Provenance()
            form.ParseDict(json.loads(text)["predicate"], provenance)
            found = provenance.build_definition.resolved_dependencies
            for file in found:
                if file.content:
                    assert hashlib.sha256(file.content).hexdigest() == file.digest["sha256"]
            print(len(message.subject), len(found), sum(1 for file in found if file.content))
            """
        try await PythonTools.with(["in-toto-attestation==0.9.3"]) { programs, folder in
            func read(_ text: String) async throws -> CommandResult {
                let file = folder.appending("a.intoto.json")
                try Files.write(text, to: file)
                return try await SubprocessRunner().capture(
                    Command(programs.appending("python3").string, ["-c", program, file.string]))
            }
            let text = String(
                decoding: try EvidenceFixture().provenance().bytes(), as: UTF8.self)
            let good = try await read(text)
            #expect(good.standardOutput == "3 8 2\n", "\(good)")
            for (old, new) in [
                ("\"predicateType\"", "\"predicate_kind\""),
                ("in-toto.io/Statement/v1", "in-toto.io/Statement/v9"),
                ("\"resolvedDependencies\"", "\"dependencies\""),
            ] {
                let bad = try await read(text.replacing(old, with: new))
                #expect(!bad.succeeded, "\(new)")
            }
        }
    }
}
