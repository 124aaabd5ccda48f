import Diagnostics
import Digest
import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Store

/// A store in a throw-away home.
struct StoreFixture {
    let store: ArtifactStore
    var home: Home { store.home }

    static func with(_ body: (StoreFixture) async throws -> Void) async throws {
        try await Scratch.with { folder in
            let home = Home(folder.appending("home"))
            try await home.exclusively(holder: "a test", wait: false, onWait: { _ in }) {
                try await body(StoreFixture(store: ArtifactStore(home: home)))
            }
        }
    }

    /// A finished file that is not in the store yet.
    func file(_ text: String) throws -> FilePath {
        let path = home.temporary.appending("made")
        try Files.write(text, to: path)
        return path
    }

    /// The names of all stored files.
    func blobs() throws -> [String] {
        try FileTree.entries(below: home.blobs).filter { $0.kind == .file }.map(\.path)
    }
}

@Suite struct ArtifactStoreTests {
    private let good = SHA256Digest(of: "good")

    @Test func anAdoptedFileIsKeptReadOnlyUnderItsDigest() async throws {
        try await StoreFixture.with { fixture in
            let file = try fixture.file("good")
            let digests = try fixture.store.adopt(file, expecting: good, name: "a file")
            #expect(digests.sha256 == good)
            #expect(digests.size == 4)
            #expect(!Files.exists(file))
            let stored = try #require(try fixture.store.verified(good))
            #expect(stored == fixture.store.path(of: good))
            #expect(try Files.readText(stored) == "good")
            #expect(try fixture.blobs() == ["\(good.hex.prefix(2))/\(good.hex)"])
            var status = stat()
            try #require(lstat(stored.string, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o444)
        }
    }

    @Test func wrongBytesNeverEnterAndTheMessageNamesBothDigests() async throws {
        try await StoreFixture.with { fixture in
            let file = try fixture.file("evil")
            let failure = #expect(throws: Failure.self) {
                try fixture.store.adopt(file, expecting: good, name: "ruby.tar.xz")
            }
            #expect(failure?.kind == .integrity)
            #expect(
                failure?.message
                    == "wrong bytes for ruby.tar.xz: expected sha256 \(good),"
                    + " found \(SHA256Digest(of: "evil"))")
            #expect(!Files.exists(file))
            #expect(try fixture.blobs() == [])
            #expect(try Files.names(in: fixture.home.temporary) == [])
        }
    }

    @Test func aMissingFileOrALinkIsRefused() async throws {
        try await StoreFixture.with { fixture in
            let folder = fixture.home.temporary
            let link = folder.appending("link")
            try #require(symlink("/etc/hostname", link.string) == 0)
            for path in [folder.appending("none"), link] {
                let failure = #expect(throws: Failure.self) {
                    try fixture.store.adopt(path, name: "a file")
                }
                #expect(failure?.message.contains("`\(path)`") == true)
            }
            #expect(try fixture.blobs() == [])
        }
    }

    @Test func aDamagedFileIsDetectedOnUseAndDropped() async throws {
        try await StoreFixture.with { fixture in
            try fixture.store.insert(Array("good".utf8))
            let path = fixture.store.path(of: good)
            try Files.write("gooD", to: path)
            let failure = #expect(throws: Failure.self) { try fixture.store.verified(good) }
            #expect(failure?.kind == .integrity)
            #expect(failure?.message.contains("expected sha256 \(good)") == true)
            #expect(failure?.message.contains("found \(SHA256Digest(of: "gooD"))") == true)
            #expect(!fixture.store.contains(good))
            #expect(try fixture.store.verified(good) == nil)
            try fixture.store.insert(Array("good".utf8))
            #expect(try fixture.store.verified(good) != nil)
        }
    }

    @Test func everythingThatIsKeptIsListedAndNothingElse() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            for text in ["good", "other"] { try store.insert(Array(text.utf8)) }
            let root = SHA256Digest(of: "root")
            try Files.createDirectory(store.tree(of: root))
            try Files.createDirectory(fixture.home.roots.appending("stray"))
            try Files.write("x", to: fixture.home.blobs.appending("stray"))
            let folder = fixture.home.blobs.appending(String(good.hex.prefix(2)))
            try Files.write("x", to: folder.appending("stray"))
            try Files.write("x", to: folder.appending(root.hex))
            #expect(try store.files() == [good, SHA256Digest(of: "other")].sorted())
            #expect(try store.roots() == [root])
            #expect(store.has(good) && store.has(root))
            #expect(!store.has(SHA256Digest(of: "none")))
            let none = ArtifactStore(home: Home(fixture.home.path.appending("none")))
            #expect(try none.files() == [] && none.roots() == [])
        }
    }

    @Test func insertedBytesAreThereOnce() async throws {
        try await StoreFixture.with { fixture in
            for _ in 1...2 { try fixture.store.insert(Array("good".utf8)) }
            #expect(try fixture.blobs().count == 1)
            #expect(try Files.names(in: fixture.home.temporary) == [])
            #expect(!fixture.store.contains(SHA256Digest(of: "other")))
            #expect(try fixture.store.verified(SHA256Digest(of: "other")) == nil)
        }
    }
}

@Suite struct ActionResultsTests {
    private let key = SHA256Digest(of: "key")

    private func result(_ text: String) -> ActionResult {
        ActionResult(
            action: "fetch ruby.tar.xz",
            outputs: [
                "source": .init(sha256: SHA256Digest(of: text), size: Int64(text.utf8.count))
            ],
            seconds: 1.5)
    }

    @Test func whatWasRecordedIsReadBack() async throws {
        try await StoreFixture.with { fixture in
            let results = ActionResults(store: fixture.store)
            #expect(results.result(for: key) == nil)
            try fixture.store.insert(Array("source".utf8))
            try results.record(result("source"), for: key)
            #expect(results.result(for: key) == result("source"))
            #expect(results.result(for: SHA256Digest(of: "other key")) == nil)
        }
    }

    @Test func aUseIsRememberedBesideTheTimeItFinished() async throws {
        try await StoreFixture.with { fixture in
            let results = ActionResults(store: fixture.store)
            try fixture.store.insert(Array("source".utf8))
            try results.record(result("source"), for: key)
            let finished = try Files.modificationDate(of: results.path(for: key))
            let past = Date(timeIntervalSince1970: 1_000_000_000)
            LastUse.note(results.path(for: key), at: past)
            // Looking is not using.
            #expect(results.result(for: key) != nil)
            #expect(try results.all().map(\.finished) == [finished])
            #expect(try results.lastUse(of: key) == past)
            results.noteUse(of: key)
            #expect(try results.lastUse(of: key) > Date(timeIntervalSinceNow: -60))
            #expect(try results.all().map(\.finished) == [finished])
            #expect(throws: Failure.self) {
                try results.lastUse(of: SHA256Digest(of: "none"))
            }
        }
    }

    @Test func aMissingOutputMeansNoResult() async throws {
        try await StoreFixture.with { fixture in
            let results = ActionResults(store: fixture.store)
            try results.record(result("source"), for: key)
            #expect(results.result(for: key) == nil)
        }
    }

    @Test func anUnpackedRootCountsAsAnOutput() async throws {
        try await StoreFixture.with { fixture in
            let results = ActionResults(store: fixture.store)
            try results.record(result("root"), for: key)
            let tree = fixture.home.roots.appending(SHA256Digest(of: "root").hex)
            try Files.createDirectory(tree)
            #expect(results.result(for: key) == result("root"))
            try Files.remove(tree)
            #expect(results.result(for: key) == nil)
        }
    }

    @Test func aResultThatCannotBeReadMeansNone() async throws {
        try await StoreFixture.with { fixture in
            let results = ActionResults(store: fixture.store)
            try fixture.store.insert(Array("source".utf8))
            try results.record(result("source"), for: key)
            let file = fixture.home.results.appending("\(key.hex).json")
            try Files.write("{", to: file)
            #expect(results.result(for: key) == nil)
        }
    }
}
