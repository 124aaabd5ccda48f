import AptRepository
import Debian
import Diagnostics
import Digest
import HostSystem
import SystemPackage
import Testing

@Suite struct PublishTests {
    private let packages = "dists/bookworm/main/binary-amd64/Packages"

    @Test func publishesACompleteSuite() async throws {
        try await Fixture.with { fixture in
            let deb = try await fixture.deb()
            let summary = try await fixture.repository().publish(
                debs: [deb], suite: fixture.suite(architectures: ["amd64", "arm64"]),
                date: Fixture.date)
            let package = try #require(summary.packages.first)
            #expect(package.outcome == .added)
            #expect(
                package.poolPath
                    == "pool/main/l/lapidary-ruby-3.3.8-trim/"
                    + "lapidary-ruby-3.3.8-trim_3.3.8-1+deb12_amd64.deb")
            let bytes = try Files.readBytes(deb)
            #expect(package.size == Int64(bytes.count))
            #expect(try Files.readBytes(fixture.root.appending(package.poolPath)) == bytes)
            #expect(summary.fingerprint.count == 40)
            #expect(summary.warnings.isEmpty)
        }
    }

    @Test func writesEveryFileOfASuiteAndNoOther() async throws {
        try await Fixture.with { fixture in
            _ = try await fixture.repository().publish(
                debs: [try await fixture.deb()],
                suite: fixture.suite(architectures: ["amd64", "arm64"]), date: Fixture.date)
            let suite = fixture.root.appending("dists/bookworm")
            let release = try ReleaseFile(
                parsing: Files.readText(suite.appending("Release")), source: "Release")
            #expect(release.date == Fixture.date)
            #expect(release.architectures == ["amd64", "arm64"])
            #expect(release.files.count == 8)
            #expect(
                try Files.names(in: suite) == ["InRelease", "Release", "Release.gpg", "main"])
            #expect(
                try Files.names(in: fixture.root) == [
                    "dists", "lapidary-archive-keyring.pgp", "pool",
                ])
            #expect(try Files.names(in: fixture.root.appending("dists")) == ["bookworm"])
            #expect(
                try Files.readText(suite.appending("main/binary-arm64/Release")) == """
                    Archive: bookworm
                    Origin: Lapidary
                    Label: Lapidary
                    Acquire-By-Hash: yes
                    Component: main
                    Architecture: arm64

                    """)
            let check = try await fixture.repository().check()
            #expect(check.suites == ["bookworm"])
            #expect(check.packages == 1)
            #expect(check.unlisted.isEmpty)
        }
    }

    @Test func publishingTheSameAgainChangesNeitherPoolNorIndexes() async throws {
        try await Fixture.with { fixture in
            let deb = try await fixture.deb()
            let repository = try fixture.repository()
            _ = try await repository.publish(
                debs: [deb], suite: fixture.suite(), date: Fixture.date)
            let pool = try fixture.snapshot(fixture.root.appending("pool"))
            let main = try fixture.snapshot(fixture.root.appending("dists/bookworm/main"))
            let release = try Files.readText(fixture.root.appending("dists/bookworm/Release"))
            let summary = try await repository.publish(
                debs: [deb, deb], suite: fixture.suite(), date: Fixture.date)
            #expect(summary.packages.map(\.outcome) == [.alreadyThere, .alreadyThere])
            #expect(try fixture.snapshot(fixture.root.appending("pool")) == pool)
            #expect(try fixture.snapshot(fixture.root.appending("dists/bookworm/main")) == main)
            #expect(
                try Files.readText(fixture.root.appending("dists/bookworm/Release")) == release)
        }
    }

    @Test func refusesAKnownVersionWithOtherBytes() async throws {
        try await Fixture.with { fixture in
            let repository = try fixture.repository()
            let deb = try await fixture.deb()
            _ = try await repository.publish(
                debs: [deb], suite: fixture.suite(), date: Fixture.date)
            let before = try fixture.snapshot(fixture.root)
            let other = try await fixture.deb(content: "other\n", in: "other")
            let new = try await fixture.deb(version: "3.3.8-2+deb12")
            let failure = await #expect(throws: Failure.self) {
                try await repository.publish(
                    debs: [new, other], suite: fixture.suite(), date: Fixture.date)
            }
            #expect(failure?.kind == .integrity)
            let details = failure?.details.joined() ?? ""
            #expect(details.contains(try FileDigests(of: deb).sha256.hex))
            #expect(details.contains(try FileDigests(of: other).sha256.hex))
            #expect(failure?.hint?.contains("raise the package's revision") == true)
            #expect(try fixture.snapshot(fixture.root) == before)
        }
    }

    @Test func refusesTwoGivenFilesOfOneVersionOrAnUnlistedFileInTheWay() async throws {
        try await Fixture.with { fixture in
            let repository = try fixture.repository()
            let deb = try await fixture.deb()
            let other = try await fixture.deb(content: "other\n", in: "other")
            await #expect(throws: Failure.self) {
                try await repository.publish(
                    debs: [deb, other], suite: fixture.suite(), date: Fixture.date)
            }
            #expect(!Files.exists(fixture.root))
            let summary = try await repository.publish(
                debs: [deb], suite: fixture.suite(), date: Fixture.date)
            let place = fixture.root.appending(summary.packages[0].poolPath)
            try Files.write("broken", to: place)
            let failure = await #expect(throws: Failure.self) {
                try await repository.publish(
                    debs: [deb], suite: fixture.suite(name: "trixie"), date: Fixture.date)
            }
            #expect(failure?.kind == .integrity)
            #expect(try Files.names(in: fixture.root.appending("dists")) == ["bookworm"])
        }
    }

    @Test func addsVersionsAndKeepsWhatIsThere() async throws {
        try await Fixture.with { fixture in
            let repository = try fixture.repository()
            let later = UTCDate(seconds: Fixture.date.seconds + 3600)
            let old = try await fixture.deb()
            _ = try await repository.publish(
                debs: [old], suite: fixture.suite(), date: Fixture.date)
            let listing = fixture.root.appending(packages)
            let oldDigest = try FileDigests(of: listing).sha256
            let keyring = try Files.readBytes(repository.keyring)
            let debs = [
                try await fixture.deb(version: "1:3.3.10-1+deb12"),
                try await fixture.deb(
                    "lapidary-archive-keyring", version: "1", architecture: "all"),
            ]
            _ = try await repository.publish(
                debs: debs, suite: fixture.suite(architectures: ["arm64", "amd64"]), date: later)
            let index = try PackagesIndex(parsing: Files.readText(listing), source: "Packages")
            #expect(
                index.entries.map { "\($0.name) \($0.version)" } == [
                    "lapidary-archive-keyring 1", "lapidary-ruby-3.3.8-trim 3.3.8-1+deb12",
                    "lapidary-ruby-3.3.8-trim 1:3.3.10-1+deb12",
                ])
            #expect(index.entries[2].filename.hasSuffix("_3.3.10-1+deb12_amd64.deb"))
            let arm = fixture.root.appending("dists/bookworm/main/binary-arm64/Packages")
            #expect(try Files.readText(arm).contains("lapidary-archive-keyring"))
            #expect(try !Files.readText(arm).contains("lapidary-ruby"))
            // Clients that read the Release before still find their index.
            #expect(
                Files.exists(
                    listing.removingLastComponent().appending("by-hash/SHA256/\(oldDigest)")))
            #expect(try Files.readBytes(repository.keyring) == keyring)
            let check = try await repository.check()
            #expect(check.packages == 3)
            let newest = try #require(
                try await repository.newest(
                    "lapidary-ruby-3.3.8-trim", architecture: "amd64", in: "bookworm"))
            #expect("\(newest.version)" == "1:3.3.10-1+deb12")
            #expect(try Files.readBytes(newest.file) == Files.readBytes(debs[0]))
        }
    }

    @Test func theNewestOfNothingIsNothing() async throws {
        try await Fixture.with { fixture in
            let repository = try fixture.repository()
            let name = "lapidary-ruby-3.3.8-trim"
            #expect(
                try await repository.newest(name, architecture: "amd64", in: "bookworm") == nil)
            _ = try await repository.publish(
                debs: [try await fixture.deb()], suite: fixture.suite(), date: Fixture.date)
            for (package, architecture, suite) in [
                ("lapidary-ruby-3.3-trim", "amd64", "bookworm"), (name, "arm64", "bookworm"),
                (name, "amd64", "trixie"),
            ] {
                let found = try await repository.newest(
                    package, architecture: architecture, in: suite)
                #expect(found == nil)
            }
        }
    }

    @Test(arguments: [true, false])
    func aPublishedFileThatWasChangedIsNotTheNewest(isGone: Bool) async throws {
        try await Fixture.with { fixture in
            let repository = try fixture.repository()
            _ = try await repository.publish(
                debs: [try await fixture.deb()], suite: fixture.suite(), date: Fixture.date)
            let name = "lapidary-ruby-3.3.8-trim"
            let newest = try #require(
                try await repository.newest(name, architecture: "amd64", in: "bookworm"))
            try Files.remove(newest.file)
            if !isGone { try Files.write([0x21], to: newest.file) }
            let failure = await #expect(throws: Failure.self) {
                try await repository.newest(name, architecture: "amd64", in: "bookworm")
            }
            #expect(failure?.kind == .integrity)
        }
    }

    @Test func keepsIndexesForOneMorePublicationAndArchitecturesForEver() async throws {
        try await Fixture.with { fixture in
            let repository = try fixture.repository()
            let both = try fixture.suite(architectures: ["amd64", "arm64"])
            _ = try await repository.publish(debs: [], suite: both, date: Fixture.date)
            let listing = fixture.root.appending(packages)
            let byHash = try listing.removingLastComponent().appending(
                "by-hash/SHA256/\(FileDigests(of: listing).sha256)")
            let deb = try await fixture.deb()
            _ = try await repository.publish(
                debs: [deb], suite: fixture.suite(), date: Fixture.date)
            #expect(Files.exists(byHash))
            _ = try await repository.publish(debs: [], suite: fixture.suite(), date: Fixture.date)
            #expect(!Files.exists(byHash))
            let release = try ReleaseFile(
                parsing: Files.readText(fixture.root.appending("dists/bookworm/Release")),
                source: "Release")
            #expect(release.architectures == ["amd64", "arm64"])
            #expect(try await repository.check().packages == 1)
        }
    }

    @Test func refusesWhatDoesNotBelongInTheSuite() async throws {
        try await Fixture.with { fixture in
            let repository = try fixture.repository()
            let misfits = [
                try await fixture.deb("libc6"), try await fixture.deb(architecture: "arm64"),
                try await fixture.deb(version: "3.3.8-1+deb13"),
            ]
            let garbage = fixture.folder.appending("garbage.deb")
            try Files.write("no package", to: garbage)
            for deb in misfits + [garbage, fixture.folder.appending("none.deb")] {
                let failure = await #expect(throws: Failure.self) {
                    try await repository.publish(
                        debs: [deb], suite: fixture.suite(suffix: "deb12"), date: Fixture.date)
                }
                #expect(failure?.message.contains(deb.string) == true)
            }
            #expect(!Files.exists(fixture.root))
        }
    }

    @Test func refusesAClockThatWentBack() async throws {
        try await Fixture.with { fixture in
            let repository = try fixture.repository()
            _ = try await repository.publish(
                debs: [], suite: fixture.suite(), date: Fixture.date)
            let earlier = UTCDate(seconds: Fixture.date.seconds - 1)
            let failure = await #expect(throws: Failure.self) {
                try await repository.publish(debs: [], suite: fixture.suite(), date: earlier)
            }
            #expect(failure?.kind == .environment)
        }
    }

    @Test func aCancelledPublicationLeavesTheOldStateOrTheNewOne() async throws {
        try await Fixture.with { fixture in
            let repository = try fixture.repository()
            let suite = try fixture.suite()
            _ = try await repository.publish(
                debs: [try await fixture.deb()], suite: suite, date: Fixture.date)
            for (index, delay) in [0, 10, 30, 60, 100, 150, 200].enumerated() {
                let deb = try await fixture.deb(version: "3.3.\(index + 9)-1+deb12")
                let task = Task {
                    try await repository.publish(debs: [deb], suite: suite, date: Fixture.date)
                }
                try await Task.sleep(for: .milliseconds(delay))
                task.cancel()
                _ = await task.result
                #expect(try Files.names(in: fixture.root.appending("dists")) == ["bookworm"])
                #expect(try await repository.check().unlisted.isEmpty)
            }
            #expect(try Fixture.processes(naming: fixture.home.string).isEmpty)
        }
    }

    @Test(arguments: ["gzip", "xz", "gpgv"])
    func leavesNothingBehindWhenAProgramFails(program: String) async throws {
        try await Fixture.with { fixture in
            let deb = try await fixture.deb()
            _ = try await fixture.repository().publish(
                debs: [deb], suite: fixture.suite(name: "trixie"), date: Fixture.date)
            let before = try fixture.snapshot(fixture.root)
            let broken = try Repository(
                root: fixture.root, vendor: "lapidary", keyUserID: Fixture.userID,
                signer: fixture.signer, runner: WithoutProgram(program: program))
            let new = try await fixture.deb(version: "3.3.9-1+deb12")
            await #expect(throws: Failure.self) {
                try await broken.publish(debs: [new], suite: fixture.suite(), date: Fixture.date)
            }
            #expect(try fixture.snapshot(fixture.root) == before)
        }
    }

    private struct WithoutProgram: CommandRunner {
        let program: String

        func capture(_ command: Command) async throws -> CommandResult {
            if command.executable == program { throw Failure(.environment, "no \(program)") }
            return try await SubprocessRunner().capture(command)
        }

        func run(_ command: Command, appendingTo log: FilePath) async throws
            -> CommandResult.Ending
        {
            try await SubprocessRunner().run(command, appendingTo: log)
        }
    }

    @Test(arguments: ["", "..", "a/b", "Main", "-x"])
    func refusesWordsThatAreNoFolderNames(word: String) throws {
        #expect(throws: Failure.self) {
            try RepositorySuite(
                name: word, component: "main", origin: "o", label: "l", description: "d",
                architectures: ["amd64"], versionSuffix: nil)
        }
    }
}
