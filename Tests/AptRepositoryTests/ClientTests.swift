import AptRepository
import Debian
import Diagnostics
import Foundation
import HostSystem
import SystemPackage
import Testing

/// What the host's real apt makes of a repository, and `check()` of one that was tampered with.
@Suite struct ClientTests {
    /// Whether apt-utils is installed; without it one comparison is skipped, and says so.
    private static let hasFTPArchive = FileManager.default.isExecutableFile(
        atPath: "/usr/bin/apt-ftparchive")

    private func replace(_ old: String, by new: String, in path: FilePath) throws {
        let text = try Files.readText(path)
        #expect(text.contains(old))
        try Files.write(text.replacingOccurrences(of: old, with: new), to: path)
    }

    @Test func aptGetsTheVeryBytesOfEveryVersion() async throws {
        try await Fixture.with { fixture in
            let old = try await fixture.deb(version: "3.3.8-1+deb12")
            let new = try await fixture.deb(version: "3.3.8-2+deb12", content: "newer\n")
            let repository = try fixture.repository()
            _ = try await repository.publish(
                debs: [old], suite: fixture.suite(), date: Fixture.date)
            let apt = try PrivateApt(fixture)
            let first = try await apt.update()
            #expect(first.succeeded, "\(first)")
            #expect(first.standardError == "")
            #expect(try await apt.download("lapidary-ruby-3.3.8-trim") == Files.readBytes(old))
            let later = UTCDate(seconds: Fixture.date.seconds + 60)
            _ = try await repository.publish(debs: [new], suite: fixture.suite(), date: later)
            let second = try await apt.update()
            #expect(second.succeeded, "\(second)")
            #expect(try await apt.download("lapidary-ruby-3.3.8-trim") == Files.readBytes(new))
            let other = try PrivateApt(fixture)
            #expect(try await other.update().succeeded)
            let bytes = try await other.download("lapidary-ruby-3.3.8-trim=3.3.8-1+deb12")
            #expect(try bytes == Files.readBytes(old))
            let policy = try await apt.run("apt-cache", ["policy", "lapidary-ruby-3.3.8-trim"])
            #expect(policy.standardOutput.contains("3.3.8-1+deb12"))
            #expect(policy.standardOutput.contains("3.3.8-2+deb12"))
            // What pins select by.
            let releases = try await apt.run("apt-cache", ["policy"])
            #expect(releases.standardOutput.contains("o=Lapidary,a=bookworm,n=bookworm,l=Lapidary"))
        }
    }

    @Test(arguments: [
        ("Packages", "Ruby that gives memory back", "Ruby that gives nothing back"),
        ("InRelease", "Rubies that give memory back", "Rubies that give nothing back"),
    ])
    func aptAndCheckRefuseWhatWasTamperedWith(
        file: String, old: String, new: String
    ) async throws {
        try await Fixture.with { fixture in
            let repository = try fixture.repository()
            let deb = try await fixture.deb()
            _ = try await repository.publish(
                debs: [deb], suite: fixture.suite(), date: Fixture.date)
            let suite = fixture.root.appending("dists/bookworm")
            if file == "Packages" {
                // The compressed ones go, so that apt has to read the one that was changed. Each
                // name is one file with its by-hash copy, and both are changed.
                let folder = suite.appending("main/binary-amd64")
                for name in ["Packages", "Packages.gz", "Packages.xz"] {
                    let path = folder.appending(name)
                    let text = name == "Packages" ? try Files.readText(path) : ""
                    let changed = text.replacingOccurrences(of: old, with: new)
                    let hashed = folder.appending("by-hash/SHA256")
                    let bytes = try Files.readBytes(path)
                    for digest in try Files.names(in: hashed)
                    where try Files.readBytes(hashed.appending(digest)) == bytes {
                        try Files.write(changed, to: hashed.appending(digest))
                    }
                    try Files.write(changed, to: path)
                }
            } else {
                try replace(old, by: new, in: suite.appending(file))
            }
            let result = try await PrivateApt(fixture).update()
            #expect(!result.succeeded, "\(result)")
            let failure = await #expect(throws: Failure.self) { try await repository.check() }
            #expect(failure?.kind == .integrity)
            #expect(failure?.details.contains { $0.contains(file) } == true)
            // We must never sign what somebody else wrote.
            let refused = await #expect(throws: Failure.self) {
                try await repository.publish(
                    debs: [deb], suite: fixture.suite(), date: Fixture.date)
            }
            #expect(refused?.kind == .integrity)
        }
    }

    @Test(arguments: [
        "Release", "Release.gpg", "main/binary-amd64/Packages.xz", "main/binary-amd64/Packages",
        "main/binary-amd64/by-hash", "pool",
    ])
    func checkNoticesWhatIsMissing(path: String) async throws {
        try await Fixture.with { fixture in
            let repository = try fixture.repository()
            _ = try await repository.publish(
                debs: [try await fixture.deb()], suite: fixture.suite(), date: Fixture.date)
            let base = path == "pool" ? fixture.root : fixture.root.appending("dists/bookworm")
            try Files.remove(base.appending(path))
            let failure = await #expect(throws: Failure.self) { try await repository.check() }
            #expect(failure?.kind == .integrity)
        }
    }

    @Test func checkNoticesAChangedPackageAndAnUnlistedOne() async throws {
        try await Fixture.with { fixture in
            let repository = try fixture.repository()
            let deb = try await fixture.deb()
            let summary = try await repository.publish(
                debs: [deb], suite: fixture.suite(), date: Fixture.date)
            try Files.write("", to: fixture.root.appending("pool/stray"))
            #expect(try await repository.check().unlisted == ["pool/stray"])
            let place = fixture.root.appending(summary.packages[0].poolPath)
            var bytes = try Files.readBytes(place)
            bytes[bytes.count - 1] ^= 1
            try Files.write(bytes, to: place)
            let failure = await #expect(throws: Failure.self) { try await repository.check() }
            #expect(failure?.details.count == 1)
            #expect(failure?.details.first?.contains(place.string) == true)
        }
    }

    @Test func checkSaysThatThereIsNoRepository() async throws {
        try await Fixture.with { fixture in
            let failure = await #expect(throws: Failure.self) {
                try await fixture.repository().check()
            }
            #expect(failure?.kind == .environment)
        }
    }

    @Test(.enabled(if: ClientTests.hasFTPArchive, "apt-ftparchive (apt-utils) is not installed"))
    func indexesAgreeWithAptFTPArchive() async throws {
        try await Fixture.with { fixture in
            let debs = [
                try await fixture.deb(), try await fixture.deb(version: "1:3.3.9-1+deb12"),
                try await fixture.deb(
                    "lapidary-archive-keyring", version: "1", architecture: "all"),
            ]
            _ = try await fixture.repository().publish(
                debs: debs, suite: fixture.suite(), date: Fixture.date)
            let listing = fixture.root.appending("dists/bookworm/main/binary-amd64/Packages")
            let ours = try PackagesIndex(parsing: Files.readText(listing), source: "ours")
            let output = try await fixture.runner.output(
                of: Command(
                    "apt-ftparchive", ["packages", "pool"], workingDirectory: fixture.root),
                purpose: "index the pool")
            let theirs = try PackagesIndex(parsing: output, source: "apt-ftparchive")
            #expect(ours.entries.count == 3)
            #expect(theirs.entries.count == 3)
            for (mine, other) in zip(ours.entries, theirs.entries) {
                let common = mine.stanza.fields.filter { other.stanza[$0.name] != nil }
                // Every field we write is one that apt-ftparchive writes.
                #expect(common.count == mine.stanza.fields.count)
                for field in common { #expect(other.stanza[field.name] == field.value) }
            }
        }
    }

    @Test func writesASourcesFile() throws {
        let text = try SourcesFile.text(
            uri: "https://example.org/ruby", suite: "bookworm", component: "main",
            signedBy: "/usr/share/keyrings/lapidary-archive-keyring.pgp",
            architectures: ["amd64", "arm64"])
        #expect(
            text == """
                Types: deb
                URIs: https://example.org/ruby
                Suites: bookworm
                Components: main
                Architectures: amd64 arm64
                Signed-By: /usr/share/keyrings/lapidary-archive-keyring.pgp

                """)
        let embedded = try SourcesFile.text(
            uri: "https://example.org/", suite: "s", component: "main",
            signedBy: "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc=\n-----END\n", architectures: [])
        #expect(
            embedded.hasSuffix(
                "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc=\n -----END\n"))
    }
}
