import Debian
import Diagnostics
import Digest
import HostSystem
import SystemPackage
import Testing

@testable import AptRepository

/// What lies beside a package in the pool.
@Suite struct EvidenceTests {
    private static let place = "pool/main/l/lapidary-ruby-3.3.8-trim"
    private static let endings = [".buildinfo", ".spdx.json", ".intoto.json"]

    /// Texts beside a .deb, each with its own content.
    private func texts(beside deb: FilePath, content: String = "1") throws -> [FilePath] {
        try Self.endings.map { ending in
            let file = FilePath(deb.string.dropLast(4) + ending)
            try Files.write("\(ending) \(content)\n", to: file)
            return file
        }
    }

    private func publish(
        _ fixture: Fixture, _ deb: FilePath, _ texts: [FilePath], after seconds: Int = 0
    ) async throws {
        _ = try await fixture.repository().publish(
            debs: [deb], evidence: [deb: texts], suite: fixture.suite(),
            date: UTCDate(seconds: Fixture.date.seconds + seconds))
    }

    @Test func itIsPublishedBesideThePackageAndSigned() async throws {
        try await Fixture.with { fixture in
            let deb = try await fixture.deb()
            try await publish(fixture, deb, try texts(beside: deb))
            let stem = "lapidary-ruby-3.3.8-trim_3.3.8-1+deb12_amd64"
            let folder = fixture.root.appending(Self.place)
            #expect(
                try Files.names(in: folder)
                    == ["buildinfo", "deb", "intoto.json", "intoto.json.asc", "spdx.json"]
                    .map { "\(stem).\($0)" })
            let repository = try fixture.repository()
            let state = try await DetachedSignature(runner: fixture.runner).state(
                of: folder.appending("\(stem).intoto.json"), keyring: repository.keyring)
            let key = try await fixture.signer.ensureKey(
                userID: Fixture.userID, at: Fixture.date)
            #expect(state == .good(fingerprint: key.fingerprint))
            let check = try await repository.check()
            #expect(check.unlisted.isEmpty)
            #expect(check.packages == 1)
        }
    }

    @Test func publishingItAgainChangesNoByteOfThePool() async throws {
        try await Fixture.with { fixture in
            let deb = try await fixture.deb()
            let texts = try texts(beside: deb)
            try await publish(fixture, deb, texts)
            let before = try fixture.snapshot(fixture.root.appending("pool"))
            #expect(before.count == 5)
            try await publish(fixture, deb, texts, after: 60)
            #expect(try fixture.snapshot(fixture.root.appending("pool")) == before)
        }
    }

    /// Packages that were published before there was evidence get it later.
    @Test func itComesToAPackageThatIsThereAlready() async throws {
        try await Fixture.with { fixture in
            let deb = try await fixture.deb()
            try await publish(fixture, deb, [])
            try await publish(fixture, deb, try texts(beside: deb))
            #expect(try Files.names(in: fixture.root.appending(Self.place)).count == 5)
        }
    }

    /// As a later Lapidary would write.
    @Test func aPackageKeepsTheEvidenceThatItWasPublishedWith() async throws {
        try await Fixture.with { fixture in
            let deb = try await fixture.deb()
            try await publish(fixture, deb, try texts(beside: deb))
            let pool = fixture.root.appending("pool")
            let before = try fixture.snapshot(pool)
            try await publish(fixture, deb, try texts(beside: deb, content: "2"), after: 60)
            #expect(try fixture.snapshot(pool) == before)
        }
    }

    @Test func otherBytesUnderAKnownNameAreRefused() async throws {
        try await Fixture.with { fixture in
            let deb = try await fixture.deb()
            try await publish(fixture, deb, try texts(beside: deb))
            for name in try Files.names(in: fixture.root.appending(Self.place))
            where name.hasSuffix(".asc") {
                try Files.remove(fixture.root.appending(Self.place).appending(name))
            }
            let before = try fixture.snapshot(fixture.root)
            let others = try texts(beside: deb, content: "2")
            let failure = await #expect(throws: Failure.self) {
                try await publish(fixture, deb, others)
            }
            #expect(failure?.kind == .integrity)
            #expect(failure?.message.hasSuffix("is published with other bytes") == true)
            #expect(failure?.message.contains(".buildinfo`") == true)
            #expect(try fixture.snapshot(fixture.root) == before)
        }
    }

    @Test func aSignatureThatIsNotGoodIsNotKeptSilently() async throws {
        try await Fixture.with { fixture in
            let deb = try await fixture.deb()
            let texts = try texts(beside: deb)
            try await publish(fixture, deb, texts)
            let statement = fixture.root.appending(Self.place)
                .appending("lapidary-ruby-3.3.8-trim_3.3.8-1+deb12_amd64.intoto.json")
            // A good signature, but of another text.
            let other = fixture.folder.appending("other")
            try Files.write("other\n", to: other)
            let key = try await fixture.signer.ensureKey(
                userID: Fixture.userID, at: Fixture.date)
            let signature = DetachedSignature.place(of: statement)
            try Files.remove(signature)
            try await fixture.signer.sign(other, to: signature, with: key)
            let failure = await #expect(throws: Failure.self) {
                try await publish(fixture, deb, texts)
            }
            #expect(failure?.kind == .integrity)
            let found = await #expect(throws: Failure.self) {
                try await fixture.repository().check()
            }
            #expect(found?.details.contains { $0.contains("has no good signature") } == true)
            try Files.remove(signature)
            let unsigned = await #expect(throws: Failure.self) {
                try await fixture.repository().check()
            }
            #expect(unsigned?.details.contains { $0.hasSuffix("is not signed") } == true)
        }
    }
}
