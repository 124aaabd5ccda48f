import AptRepository
import Debian
import Diagnostics
import Digest
import Foundation
import HostSystem
import Planning
import SystemPackage
import TestSupport
import Testing
import Workflow

@testable import Evidence

/// Evidence as it lies beside a .deb, whole and tampered with.
@Suite struct ReadingTests {
    /// The files of a package, and what reads them.
    private struct Desk {
        let folder: FilePath
        var fixture = EvidenceFixture()
        let reader = EvidenceReader(runner: SubprocessRunner())

        var deb: FilePath { folder.appending(fixture.debName) }
        func file(_ kind: EvidenceKind) -> FilePath {
            folder.appending(kind.fileName(of: fixture.debName))
        }

        func lay() throws {
            try Files.write(EvidenceFixture.debBytes, to: deb)
            try Files.write(try fixture.buildinfo(), to: file(.buildinfo))
            try Files.write(try fixture.sbom(), to: file(.sbom))
            try Files.write(try fixture.provenance().bytes(), to: file(.provenance))
        }

        func edit(_ kind: EvidenceKind, _ old: String, _ new: String) throws {
            let text = try Files.readText(file(kind))
            try #require(text.contains(old))
            try Files.write(text.replacing(old, with: new), to: file(kind))
        }

        func failure() async -> Failure? {
            await #expect(throws: Failure.self) { try await reader.read(deb: deb) }
        }
    }

    private func withDesk(
        _ fixture: EvidenceFixture = EvidenceFixture(), _ body: (Desk) async throws -> Void
    ) async throws {
        try await Scratch.with { folder in
            let desk = Desk(folder: folder, fixture: fixture)
            try desk.lay()
            try await body(desk)
        }
    }

    @Test func itTellsAllThatARebuildTakes() async throws {
        try await withDesk { desk in
            let read = try await desk.reader.read(deb: desk.deb)
            let request = read.request
            let operation = try desk.fixture.operation
            #expect(read.signature == .unsigned)
            #expect(request.plan == operation.plan)
            #expect(request.goal == EvidenceFixture.goal)
            #expect(request.sha256 == SHA256Digest(of: EvidenceFixture.debBytes))
            #expect(request.deb == desk.fixture.debName)
            #expect(request.sources == [EvidenceFixture.source])
            #expect(request.rootPackages == desk.fixture.members)
            #expect(request.addedPackages == EvidenceFixture.additions)
            let files = request.files.map { ($0.path, $0.bytes) }
            #expect(Dictionary(uniqueKeysWithValues: files) == EvidenceFixture.files)
            #expect(request.lockDigest == SHA256Digest(of: "the lock"))
            #expect(request.builderVersion == "0.1.0")
            #expect(request.texts.count == 2)
        }
    }

    @Test func itMayLieElsewhereAndAlone() async throws {
        try await withDesk { desk in
            let other = desk.folder.appending("other")
            try Files.createDirectory(other)
            let statement = other.appending("renamed.json")
            try Files.move(desk.file(.provenance), to: statement)
            let read = try await desk.reader.read(deb: desk.deb, statement: statement)
            #expect(read.statement == statement)
        }
    }

    @Test func anotherDebIsNotWhatItDescribes() async throws {
        try await withDesk { desk in
            let changed = EvidenceFixture.debBytes + [0]
            try Files.write(changed, to: desk.deb)
            let failure = await desk.failure()
            #expect(failure?.kind == .integrity)
            #expect(
                failure?.message
                    == "`\(desk.deb)` is not the file that its evidence describes: sha256"
                    + " \(SHA256Digest(of: changed)), evidence says"
                    + " \(SHA256Digest(of: EvidenceFixture.debBytes))")
        }
    }

    @Test(arguments: [EvidenceKind.buildinfo, .sbom])
    func aTextBesideItMustBeTheOneItDescribes(kind: EvidenceKind) async throws {
        try await withDesk { desk in
            try Files.append("\n", to: desk.file(kind))
            let failure = await desk.failure()
            #expect(failure?.kind == .integrity)
            #expect(failure?.message.contains("is not the \(kind.rawValue)") == true)
        }
    }

    /// Each is one change of the statement, and a word of the sentence that tells of it.
    @Test(arguments: [
        ("\"make\",", "\"fake\",", "its plan does not have the digest"),
        ("\"goal\" : \"package", "\"goal\" : \"derive", "does not make the package"),
        (
            Data(EvidenceFixture.script).base64EncodedString(),
            Data("# frozen_string_literal: none\n".utf8).base64EncodedString(),
            "the bytes of `Recipes/steps/stage.rb` do not have their digest"
        ),
        ("\"kind\" : \"project-file\"", "\"kind\" : \"lock\"", "does not bring the files"),
        ("\"name\" : \"ruby3.3_3.3.8.orig.tar.xz\"", "\"nam\" : \"x\"", "incomplete"),
        ("\"name\" : \"gcc_12.2.0-3_amd64.deb\"", "\"name\" : \"gcc.deb\"", "not the name"),
        ("\"_type\"", "\"_type", "no in-toto statement"),
    ])
    func aChangedStatementIsNoticed(old: String, new: String, word: String) async throws {
        try await withDesk { desk in
            try desk.edit(.provenance, old, new)
            let failure = await desk.failure()
            #expect(failure?.kind == .integrity)
            #expect(failure?.message.contains(word) == true, "\(failure?.message ?? "")")
        }
    }

    @Test(arguments: [
        ("source", "its plan fetches another source than it lists"),
        ("gcc 4:12.2.0-3", "its plan has other packages in the root than it lists"),
    ])
    func aDependencyWithAnotherDigestDoesNotFitThePlan(content: String, sentence: String)
        async throws
    {
        try await withDesk { desk in
            // The plan comes before the list: only the last occurrence is the dependency's.
            let digest = SHA256Digest(of: content).hex
            let text = try Files.readText(desk.file(.provenance))
            let range = try #require(text.range(of: digest, options: .backwards))
            let other = SHA256Digest(of: "other").hex
            try Files.write(
                text.replacingCharacters(in: range, with: other), to: desk.file(.provenance))
            let failure = await desk.failure()
            #expect(failure?.kind == .integrity)
            #expect(failure?.message.contains(sentence) == true, "\(failure?.message ?? "")")
        }
    }

    @Test(arguments: [
        ("urn:lapidary:build:1", "urn:lapidary:build:2"),
        ("\"schema\" : 1", "\"schema\" : 2"),
        (Statement.provenanceType, "https://slsa.dev/provenance/v2"),
    ])
    func aNewerFormatIsNamedAndNotTakenForTampering(old: String, new: String) async throws {
        try await withDesk { desk in
            try desk.edit(.provenance, old, new)
            let failure = await desk.failure()
            #expect(failure?.kind == .environment)
            #expect(failure?.message.contains("has a format that this Lapidary") == true)
            #expect(failure?.hint == "use a newer Lapidary")
        }
    }

    @Test func withoutEvidenceNothingCanBeSaid() async throws {
        try await withDesk { desk in
            try Files.remove(desk.file(.provenance))
            let failure = await desk.failure()
            #expect(failure?.kind == .environment)
            #expect(failure?.message.contains("there is no evidence of") == true)
            try Files.remove(desk.deb)
            #expect(await desk.failure()?.kind == .usage)
        }
    }

    @Test(arguments: ["/etc/passwd", "../up", "a/../../b", "a//b", "a\nb"])
    func aPlanWithAPathOutOfItsFolderIsRefused(path: String) async throws {
        var asInput = EvidenceFixture()
        asInput.inputName = path
        var asOutput = EvidenceFixture()
        asOutput.output = path
        for fixture in [asInput, asOutput] {
            let plan = try fixture.operation.plan
            let problem = PlanGuard(plan: plan, goal: EvidenceFixture.goal).problem()
            #expect(problem == "its plan has the odd name `\(path)`")
        }
        let good = try EvidenceFixture().operation.plan
        #expect(PlanGuard(plan: good, goal: EvidenceFixture.goal).problem() == nil)
    }

    @Test func theSignatureIsCheckedWithAKeyringAndOnlyThen() async throws {
        try await withDesk { desk in
            let runner = SubprocessRunner()
            let signer = Signer(home: desk.folder.appending("gnupg"), runner: runner)
            let date = UTCDate(seconds: Int(Date().timeIntervalSince1970))
            let key = try await signer.ensureKey(userID: "Test <test@example.org>", at: date)
            let keyring = desk.folder.appending("keys.pgp")
            try Files.write(try await signer.exportKeyring(key, as: .binary), to: keyring)
            let statement = desk.file(.provenance)
            try await signer.sign(
                statement, to: DetachedSignature.place(of: statement), with: key)

            let unchecked = try await desk.reader.read(deb: desk.deb)
            #expect(unchecked.signature == .unchecked)
            let checked = try await desk.reader.read(deb: desk.deb, keyring: keyring)
            #expect(checked.signature == .good(fingerprint: key.fingerprint))

            try Files.append("\n", to: statement)
            let failure = await #expect(throws: Failure.self) {
                try await desk.reader.read(deb: desk.deb, keyring: keyring)
            }
            #expect(failure?.kind == .integrity)
            #expect(failure?.message.contains("has no good signature") == true)
        }
    }
}
