import Diagnostics
import Digest
import Foundation
import HostSystem
import Planning
import Provisioning
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Workflow

/// What is damaged is named and dropped; what is whole stays.
@Suite struct CacheVerifyTests {
    private func verify(_ fixture: CacheFixture) async throws -> CacheCheck {
        try await CacheVerifier(context: fixture.context).run()
    }

    /// An unpacked root under its true digest.
    private func makeTrueRoot(_ fixture: CacheFixture) async throws -> SHA256Digest {
        let draft = try fixture.makeRoot("a draft")
        let found = try await RootAssembler(store: fixture.store, runner: SubprocessRunner())
            .digest(ofKept: draft, epoch: Planner.rootEpoch)
        try Files.move(fixture.store.tree(of: draft), to: fixture.store.tree(of: found))
        return found
    }

    @Test func aWholeHomeStaysAsItIs() async throws {
        try await CacheFixture.with { fixture in
            try fixture.record("a")
            try fixture.writeSet("bookworm", [try fixture.keep("a package")])
            _ = try await makeTrueRoot(fixture)
            let before = try fixture.listing()
            let check = try await verify(fixture)
            #expect(check.damages == [])
            #expect(check.failure == nil)
            #expect((check.files, check.roots, check.results) == (2, 1, 1))
            #expect(try fixture.listing() == before)
        }
    }

    @Test func aDamagedFileIsNamedAndDroppedWithWhatClaimsIt() async throws {
        try await CacheFixture.with { fixture in
            let key = try fixture.record("derive")
            try fixture.record("other")
            let path = fixture.store.path(of: try fixture.output("derive"))
            var bytes = try Files.readBytes(path)
            bytes[50_000] ^= 1
            try Files.write(bytes, to: path)
            let check = try await verify(fixture)
            #expect(
                check.damages == [
                    "`\(path)` was damaged: expected sha256 \(try fixture.output("derive")), found"
                        + " \(SHA256Digest(of: bytes)); it was dropped",
                    "`\(fixture.results.path(for: key))` (`derive`) has lost its output `out`,"
                        + " sha256 \(try fixture.output("derive")); it was dropped",
                ])
            let failure = try #require(check.failure)
            #expect(failure.kind == .integrity)
            #expect(failure.message == "2 things in the home were damaged")
            #expect(!Files.exists(path))
            #expect(try fixture.results.all().map(\.result.action) == ["other"])
            // What was dropped is not found again.
            #expect(try await verify(fixture).damages == [])
        }
    }

    @Test func whatIsNoFileOfTheStoreIsDropped() async throws {
        try await CacheFixture.with { fixture in
            let blobs = fixture.home.blobs
            let digest = SHA256Digest(of: "good")
            try Files.write("x", to: blobs.appending("stray"))
            try Files.createDirectory(blobs.appending("ab"))
            try Files.write("x", to: blobs.pushing("ab/short"))
            // In the wrong folder nobody finds it.
            try Files.write("good", to: blobs.appending("ab").appending(digest.hex))
            let real = blobs.appending(String(digest.hex.prefix(2)))
            try Files.createDirectory(real)
            try Files.symbolicLink(at: real.appending(digest.hex), to: "/etc/hostname")
            let check = try await verify(fixture)
            #expect(check.damages.count == 4)
            #expect(
                check.damages.allSatisfy { $0.hasSuffix("is no file of the store; it was dropped") }
            )
            #expect(try FileTree.entries(below: blobs).filter { $0.kind != .folder } == [])
            #expect(Files.exists("/etc/hostname"))
        }
    }

    @Test func aChangedRootIsNamedAndDropped() async throws {
        try await CacheFixture.with { fixture in
            let root = try await makeTrueRoot(fixture)
            let tree = fixture.store.tree(of: root)
            try Files.write("hello", to: tree.pushing("etc/hostname"))
            let inside = try await FolderUse.with(tree) { try await verify(fixture) }
            #expect(inside?.damages.first?.contains("a `lapidary shell` is inside") == true)
            let check = try await verify(fixture)
            #expect(check.damages.count == 1)
            let sentence = try #require(check.damages.first)
            #expect(
                sentence.hasPrefix(
                    "the root `\(tree)` was changed: expected sha256 \(root), found "))
            #expect(sentence.hasSuffix("; it was dropped"))
            #expect(try fixture.store.roots() == [])
            #expect(try Files.names(in: fixture.home.temporary) == [])
        }
    }

    @Test func recordsThatCannotBeReadAreDropped() async throws {
        try await CacheFixture.with { fixture in
            let key = try fixture.record("a")
            try Files.write("{\"action\": 7}", to: fixture.results.path(for: key))
            try Files.write("[]", to: fixture.home.packageSets.appending("bookworm-amd64.json"))
            let control = fixture.home.packageControl
            try Files.createDirectory(control)
            let name = SHA256Digest(of: "a package").hex
            try Files.write("Package: a\nSHA256: 00\n", to: control.appending(name))
            let check = try await verify(fixture)
            #expect(
                check.damages.map { String($0.split(separator: "` ").last ?? "") } == [
                    "cannot be read as a result; it was dropped",
                    "cannot be read as a package set; it was dropped",
                    "is no control data of that package; it was dropped",
                ])
            #expect(try await verify(fixture).damages == [])
        }
    }

    @Test func anOutputOfAnotherSizeIsADamagedRecord() async throws {
        try await CacheFixture.with { fixture in
            let made = try fixture.keep("made")
            let key = SHA256Digest(of: "key")
            try fixture.results.record(
                ActionResult(
                    action: "a", outputs: ["out": .init(sha256: made.sha256, size: 3)],
                    seconds: 1), for: key)
            let check = try await verify(fixture)
            #expect(check.damages.count == 1)
            #expect(check.damages.first?.contains("another size for its output `out`") == true)
            #expect(try fixture.results.keys() == [])
        }
    }
}

/// What lies in a home, and what is left when it is cleaned.
@Suite struct CacheSizeTests {
    private func fill(_ fixture: CacheFixture) throws {
        let source = try fixture.keep("a source").sha256
        try fixture.results.record(
            ActionResult(
                action: "fetch ruby.tar.xz",
                outputs: ["source": .init(sha256: source, size: 102_400)], seconds: 1),
            for: SHA256Digest(of: "fetch"))
        try fixture.record(
            "package", inputs: ["script": try fixture.keep("a script").sha256, "source": source])
        try fixture.writeSet("bookworm", [try fixture.keep("a package")])
        try fixture.keep("a stray file")
        _ = try fixture.makeRoot("a root")
        let home = fixture.home
        try Files.write("log", to: home.logs.appending("0123456789abcdef.log"))
        try Files.write("half", to: home.downloads.appending("x.part"))
        try Files.createDirectory(home.rebuilt)
        try Files.write("other", to: home.rebuilt.appending("ruby.deb"))
        try Files.linkOrCopy(
            fixture.store.path(of: fixture.output("package")),
            to: home.packages.appending("ruby.deb"))
        try Files.createDirectory(home.repository)
        try Files.write("Release", to: home.repository.appending("Release"))
        try Files.write("secret", to: home.keys.appending("key"))
        try Files.createDirectory(home.failures.pushing("1/workspace"))
        try Files.write("made", to: home.failures.pushing("1/workspace/file"))
        try Files.write("mine", to: home.path.appending("notes"))
    }

    @Test func everythingIsCountedOnceUnderItsKind() async throws {
        try await CacheFixture.with { fixture in
            try fill(fixture)
            let size = try fixture.workflow.size()
            let counts = size.parts.map { "\($0.kind.rawValue) \($0.count)" }
            #expect(
                counts == [
                    "sources 1", "debian-packages 1", "project-files 1", "unreferenced 1",
                    // The one output of an action has another name among the packages.
                    "roots 1", "records 3", "logs 1", "failures 1", "rebuilt 1", "downloads 1",
                    "packages 1", "repository 1", "keys 1", "other 1",
                ])
            let sources = try #require(size.parts.first)
            #expect(sources.bytes >= 100_000 && sources.bytes < 200_000)
            // Of the folders, all but the home's own are in the sum; so is all but the lock.
            let own = try await diskUse(fixture) - size.bytes
            #expect(own >= 0 && own < 100_000)
            #expect(size.removable < size.bytes)
        }
    }

    @Test func cleanLeavesKeysRepositoryAndPackages() async throws {
        try await CacheFixture.with { fixture in
            try fill(fixture)
            let before = try await diskUse(fixture)
            let dry = try await fixture.workflow.clean(isDryRun: true)
            #expect(try await diskUse(fixture) == before)
            let removal = try await fixture.workflow.clean(isDryRun: false)
            #expect(removal == dry)
            let home = fixture.home
            let files = try FileTree.entries(below: home.path).filter { $0.kind == .file }
            #expect(
                files.map(\.path) == [
                    "keys/key", "lock", "notes", "packages/ruby.deb", "repository/Release",
                ])
            #expect(try await diskUse(fixture) == before - removal.freed)
            #expect(removal.freed > 400_000)
            #expect(try await fixture.workflow.clean(isDryRun: false).items == [])
        }
    }

    private func diskUse(_ fixture: CacheFixture) async throws -> Int64 {
        let du = try await SubprocessRunner().output(
            of: Command("du", ["--summarize", "--block-size=1", fixture.home.path.string]),
            purpose: "count")
        return try #require(Int64(du.prefix { $0 != "\t" }))
    }

    @Test func aWorkspaceThatSomebodyIsInsideOfStaysWithItsRecord() async throws {
        try await CacheFixture.with { fixture in
            let failure = fixture.home.failures.appending("1")
            try Files.createDirectory(failure.appending("workspace"))
            try Files.write("{}", to: failure.appending("record.json"))
            try fixture.record("a")
            let removal = try await FolderUse.with(failure.appending("workspace")) {
                try await fixture.workflow.clean(isDryRun: false)
            }
            #expect(removal?.inUse.map(\.name) == ["1"])
            #expect(try Files.names(in: failure) == ["record.json", "workspace"])
            #expect(try fixture.store.files() == [])
        }
    }

    /// A build with nothing to do notes what it uses; who lists things uses nothing.
    @Test func lookingIsNotUsing() async throws {
        try await CacheFixture.with { fixture in
            let key = try fixture.record("a", daysAgo: 7)
            let used = try fixture.results.lastUse(of: key)
            _ = try fixture.results.all()
            _ = try fixture.workflow.size()
            _ = try await fixture.workflow.prune(CacheLimits(), isDryRun: true)
            _ = try await CacheVerifier(context: fixture.context).run()
            #expect(try fixture.results.lastUse(of: key) == used)
        }
    }
}
