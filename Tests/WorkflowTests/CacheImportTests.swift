import Diagnostics
import Digest
import Foundation
import HostSystem
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Workflow

/// Archives that nobody honest wrote: refused with one sentence, and nothing of them is kept.
@Suite struct CacheImportTests {
    /// One entry of an archive.
    struct Entry: Sendable {
        var name: String
        var type = TarWriter.file
        var target = ""
        var body: [UInt8] = []
        var size: Int?
    }

    /// The files of an archive that is as it should be, by name.
    private static let files: [String: [UInt8]] = {
        let good = Array("good".utf8)
        let result = """
            {"action": "derive", "seconds": 1, "outputs": {"out":
             {"sha256": "\(SHA256Digest(of: good))", "size": 4}}}
            """
        return [
            blob(good): good, resultName: Array(result.utf8),
        ]
    }()

    private static let resultName = "results/\(SHA256Digest(of: "key")).json"

    private static func blob(_ bytes: [UInt8]) -> String {
        let digest = SHA256Digest(of: bytes)
        return "blobs/\(digest.hex.prefix(2))/\(digest)"
    }

    /// An archive's own list of its files.
    private static func manifest(_ files: [String: [UInt8]], schema: Int = 1) -> Entry {
        let list = files.sorted { $0.key < $1.key }.map { name, bytes in
            #"{"name": "\#(name)", "sha256": "\#(SHA256Digest(of: bytes))", "size": \#(bytes.count)}"#
        }
        let text = #"{"schema": \#(schema), "files": [\#(list.joined(separator: ","))]}"#
        return Entry(name: "lapidary-cache.json", body: Array(text.utf8))
    }

    /// The entries of an archive with these files, listed as they are.
    private static func entries(_ files: [String: [UInt8]] = files) -> [Entry] {
        [manifest(files)]
            + files.sorted { $0.key < $1.key }.map { Entry(name: $0.key, body: $0.value) }
    }

    private static func write(_ entries: [Entry], in folder: FilePath) async throws -> FilePath {
        var tar = TarWriter()
        for entry in entries {
            tar.add(
                entry.name, entry.type, to: entry.target, body: entry.body, claiming: entry.size)
        }
        let file = folder.appending("cache.tar")
        try Files.write(tar.archive, to: file)
        _ = try await SubprocessRunner().output(
            of: Command("zstd", ["--quiet", "--force", file.string]), purpose: "compress")
        return folder.appending("cache.tar.zst")
    }

    private func take(_ file: FilePath, in fixture: CacheFixture) async throws -> CacheImport {
        try await CacheImporter(context: fixture.context).run(file, inputsOnly: false)
    }

    /// Expects that an archive is refused, and that the home and what is around it stay as they are.
    private func expectRefusal(
        of entries: [Entry], because words: String,
        sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) async throws {
        try await CacheFixture.with { fixture in
            let file = try await Self.write(entries, in: fixture.folder)
            let before = try fixture.listing()
            let failure = try await #require(
                throws: Failure.self, sourceLocation: sourceLocation
            ) { try await take(file, in: fixture) }
            #expect(failure.kind == .integrity, sourceLocation: sourceLocation)
            #expect(
                failure.message.hasPrefix("the archive `\(file)` is refused: "),
                sourceLocation: sourceLocation)
            #expect(
                failure.message.contains(words), "\(failure.message)",
                sourceLocation: sourceLocation)
            #expect(try fixture.listing() == before, sourceLocation: sourceLocation)
            #expect(
                try Files.names(in: fixture.folder).sorted()
                    == ["cache.tar", "cache.tar.zst", "home"], sourceLocation: sourceLocation)
        }
    }

    @Test func anHonestArchiveIsTaken() async throws {
        try await CacheFixture.with { fixture in
            let file = try await Self.write(Self.entries(), in: fixture.folder)
            let taken = try await take(file, in: fixture)
            #expect((taken.files, taken.newFiles, taken.newResults) == (1, 1, 1))
            #expect(fixture.store.contains(SHA256Digest(of: "good")))
            let result = fixture.results.result(for: SHA256Digest(of: "key"))
            #expect(result?.action == "derive")
            #expect(try Files.names(in: fixture.home.temporary) == [])
        }
    }

    @Test(arguments: [
        "../evil", "/tmp/evil", "blobs/../../evil", "blobs/ab/evil", "blobs/aB/x", "evil",
        "results/evil.json", "results/../evil.json", "package-sets/../evil.json",
        "package-sets/.json", "keys/secring", "blobs", "results/\u{1B}[2J.json", "lock",
    ])
    func unexpectedNamesAreRefused(name: String) async throws {
        let extra = [name: Array("x".utf8)]
        try await expectRefusal(
            of: Self.entries() + [Entry(name: name, body: Array("x".utf8))],
            because: "is no file of an exported cache")
        // Naming it in the list does not help.
        try await expectRefusal(
            of: Self.entries(Self.files.merging(extra) { $1 }.filter { !$0.key.contains("\u{1B}") })
                + (name.contains("\u{1B}") ? [Entry(name: name)] : []),
            because: "is no file of an exported cache")
    }

    @Test(arguments: [
        TarWriter.link, TarWriter.hardLink, TarWriter.device, TarWriter.folder, TarWriter.pipe,
    ])
    func onlyPlainFilesAreTaken(type: Character) async throws {
        var entries = Self.entries()
        let name = Self.blob(Array("other".utf8))
        // A folder's name has a slash at its end, which no expected name has.
        let isFolder = type == TarWriter.folder
        entries.append(
            Entry(name: isFolder ? name + "/" : name, type: type, target: "/etc/hostname"))
        try await expectRefusal(
            of: entries,
            because: isFolder
                ? "is no file of an exported cache" : "`\(name)` is no plain file")
    }

    @Test func aLinkToAFileOfTheArchiveIsRefusedToo() async throws {
        var entries = Self.entries()
        let name = Self.blob(Array("other".utf8))
        entries.append(
            Entry(
                name: name, type: TarWriter.hardLink, target: Self.blob(Array("good".utf8))))
        try await expectRefusal(of: entries, because: "`\(name)` is no plain file")
    }

    @Test func wrongBytesAreRefused() async throws {
        let name = Self.blob(Array("good".utf8))
        var entries = Self.entries()
        entries[1].body = Array("evil".utf8)
        #expect(entries[1].name == name)
        try await expectRefusal(of: entries, because: "`\(name)` has other bytes: expected sha256 ")
        // A list that fits the bytes does not help: a file is called by its digest.
        try await expectRefusal(
            of: Self.entries([name: Array("evil".utf8)]),
            because: "`\(name)` has other bytes: its sha256 is \(SHA256Digest(of: "evil"))")
        // Nor does a good file under the name of another.
        let other = Self.blob(Array("other".utf8))
        try await expectRefusal(
            of: Self.entries([other: Array("good".utf8)]),
            because: "`\(other)` has other bytes: its sha256 is \(SHA256Digest(of: "good"))")
    }

    @Test func whatIsMissingExtraOrTwiceIsRefused() async throws {
        let blob = Self.blob(Array("good".utf8))
        try await expectRefusal(
            of: Self.entries().filter { $0.name != blob }, because: "it lacks `\(blob)`")
        let extra = Self.blob(Array("extra".utf8))
        try await expectRefusal(
            of: Self.entries() + [Entry(name: extra, body: Array("extra".utf8))],
            because: "it has `\(extra)`, which its list does not name")
        try await expectRefusal(
            of: Self.entries() + [Entry(name: blob, body: Array("good".utf8))],
            because: "it has `\(blob)` twice")
        try await expectRefusal(
            of: Array(Self.entries().dropFirst()), because: "it has no list of its files")
        try await expectRefusal(of: [], because: "it has no list of its files")
    }

    @Test func aListThatIsNoneIsRefused() async throws {
        try await expectRefusal(
            of: [Entry(name: "lapidary-cache.json", body: Array("{}".utf8))],
            because: "its list of files, `lapidary-cache.json`, cannot be read")
        try await expectRefusal(
            of: [Self.manifest([:], schema: 2)],
            because: "it has the format 2, and this Lapidary reads 1")
    }

    @Test(arguments: [
        (
            #"{"action": "derive", "seconds": 1, "outputs": {"out": {"sha256": "\#(SHA256Digest(of: "x"))", "size": 1}}}"#,
            "is a result without its output `out`"
        ),
        (
            #"{"action": "derive", "seconds": 1, "outputs": {"out": {"sha256": "\#(SHA256Digest(of: "good"))", "size": 5}}}"#,
            "is a result without its output `out`"
        ),
        (#"{"action": "derive\u001b[2J", "seconds": 1, "outputs": {}}"#, "is no result"),
        (#"{"action": "derive", "seconds": -1, "outputs": {}}"#, "is no result"),
        (#"{"action": "derive", "seconds": 1, "outputs": {}}"#, "is no result"),
        (#"{"action": "derive"}"#, "is no result"), ("[]", "is no result"), ("", "is no result"),
    ])
    func aResultEntersOnlyWithItsOutputs(text: String, words: String) async throws {
        var files = Self.files
        files[Self.resultName] = Array(text.utf8)
        try await expectRefusal(
            of: Self.entries(files), because: "`\(Self.resultName)` \(words)")
    }

    @Test func aPackageSetEntersOnlyWithItsPackages() async throws {
        let member = #"""
            {"package": "base", "version": "1", "architecture": "amd64", "size": 1,
             "sha256": "\#(SHA256Digest(of: "x"))", "isBase": true, "stanza": ""}
            """#
        func set(_ suite: String, _ members: String) -> [UInt8] {
            Array(
                #"""
                {"suite": "\#(suite)", "architecture": "amd64", "members": [\#(members)],
                 "request": "\#(SHA256Digest(of: "r"))"}
                """#.utf8)
        }
        let name = "package-sets/bookworm-amd64.json"
        try await expectRefusal(
            of: Self.entries(Self.files.merging([name: set("bookworm", member)]) { $1 }),
            because: "`\(name)` is a package set without its package base_1_amd64.deb")
        // A set of another suite than its name says.
        try await expectRefusal(
            of: Self.entries(Self.files.merging([name: set("trixie", "")]) { $1 }),
            because: "`\(name)` is no package set")
        // A file that is no .deb of that name.
        let good = member.replacing("\(SHA256Digest(of: "x"))", with: "\(SHA256Digest(of: "good"))")
            .replacing(#""size": 1"#, with: #""size": 4"#)
        try await CacheFixture.with { fixture in
            let file = try await Self.write(
                Self.entries(Self.files.merging([name: set("bookworm", good)]) { $1 }),
                in: fixture.folder)
            let failure = try await #require(throws: Failure.self) {
                try await take(file, in: fixture)
            }
            #expect(failure.kind == .integrity)
            #expect(try fixture.results.keys() == [])
            #expect(try Files.names(in: fixture.home.packageSets).filter { $0 != "control" } == [])
        }
    }

    @Test func anArchiveThatWasCutOffIsRefused() async throws {
        try await CacheFixture.with { fixture in
            let file = try await Self.write(Self.entries(), in: fixture.folder)
            let bytes = try Files.readBytes(file)
            for count in [0, 4, bytes.count / 2, bytes.count - 1] {
                try Files.write(Array(bytes[..<count]), to: file)
                let failure = try await #require(throws: Failure.self) {
                    try await take(file, in: fixture)
                }
                #expect(failure.kind == .integrity, "\(count)")
                #expect(try fixture.store.files() == [])
            }
            try Files.write("not an archive", to: file)
            await #expect(throws: Failure.self) { try await take(file, in: fixture) }
        }
    }

    /// A header may claim any size; nothing is unpacked for it.
    @Test func hugeFilesAreRefused() async throws {
        var entries = Self.entries()
        entries[2].size = 8 << 30 - 1
        try await expectRefusal(of: entries, because: "is refused: ")
        entries = Self.entries()
        entries[0].body += [UInt8](repeating: 0x20, count: 65 << 20)
        try await expectRefusal(of: entries, because: "`lapidary-cache.json` is too large")
    }

    @Test func whatTheHomeHasAlreadyStays() async throws {
        try await CacheFixture.with { fixture in
            let own = ActionResult(action: "our own", outputs: [:], seconds: 2)
            try fixture.results.record(own, for: SHA256Digest(of: "key"))
            let file = try await Self.write(Self.entries(), in: fixture.folder)
            let taken = try await take(file, in: fixture)
            #expect((taken.newFiles, taken.newResults) == (1, 0))
            #expect(fixture.results.result(for: SHA256Digest(of: "key")) == own)
        }
    }

    /// A damaged file of the store is replaced by the whole one.
    @Test func anImportHeals() async throws {
        try await CacheFixture.with { fixture in
            try fixture.store.insert(Array("good".utf8))
            try Files.write("gooD", to: fixture.store.path(of: SHA256Digest(of: "good")))
            _ = try await take(Self.write(Self.entries(), in: fixture.folder), in: fixture)
            #expect(try fixture.store.verified(SHA256Digest(of: "good")) != nil)
        }
    }
}
