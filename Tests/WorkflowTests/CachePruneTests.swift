import Digest
import Foundation
import HostSystem
import Lock
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Workflow

/// What goes first, and what never goes.
@Suite struct CachePruneTests {
    private func removable(_ fixture: CacheFixture) throws -> Int64 {
        try fixture.workflow.size().removable
    }

    @Test func theLeastRecentlyUsedResultGoesFirst() async throws {
        try await CacheFixture.with { fixture in
            try fixture.record("a", daysAgo: 2)
            try fixture.record("b", daysAgo: 3)
            try fixture.record("c", daysAgo: 1)
            let total = try removable(fixture)
            let first = try await fixture.workflow.prune(
                CacheLimits(bytes: total - 1), isDryRun: false)
            #expect(fixture.gone(first) == ["b"])
            #expect(first.freed >= 100_000)
            #expect(first.left == total - first.freed)
            #expect(try removable(fixture) <= first.left)
            #expect(!fixture.store.contains(try fixture.output("b")))
            // Used just now, `a` outlives `c`.
            fixture.results.noteUse(of: SHA256Digest(of: "key of a"))
            let second = try await fixture.workflow.prune(
                CacheLimits(bytes: try removable(fixture) - 1), isDryRun: false)
            #expect(fixture.gone(second) == ["c"])
            let rest = try await fixture.workflow.prune(CacheLimits(bytes: 0), isDryRun: false)
            #expect(fixture.gone(rest) == ["a"])
            #expect(try fixture.store.files() == [])
        }
    }

    @Test func nothingGoesWhileTheLimitHolds() async throws {
        try await CacheFixture.with { fixture in
            try fixture.record("a", daysAgo: 400)
            let removal = try await fixture.workflow.prune(
                CacheLimits(bytes: try removable(fixture)), isDryRun: false)
            #expect(removal.items == [])
        }
    }

    /// A build uses its compiled tree before the packages that are made of it.
    @Test func whatAResultWasMadeFromOutlivesIt() async throws {
        try await CacheFixture.with { fixture in
            try fixture.record("compile", daysAgo: 5)
            try fixture.record(
                "derive", daysAgo: 1, inputs: ["tree": try fixture.output("compile")])
            try fixture.record("other", daysAgo: 3)
            let removal = try await fixture.workflow.prune(CacheLimits(bytes: 0), isDryRun: false)
            #expect(fixture.gone(removal) == ["other", "derive", "compile"])
        }
    }

    @Test func unusedResultsGoByTheirAge() async throws {
        try await CacheFixture.with { fixture in
            try fixture.record("old", daysAgo: 31)
            try fixture.record("young", daysAgo: 29)
            let removal = try await fixture.workflow.prune(
                CacheLimits(unusedSince: Date(timeIntervalSinceNow: -30 * 86_400)),
                isDryRun: false)
            #expect(fixture.gone(removal) == ["old"])
            #expect(try fixture.results.all().map(\.result.action) == ["young"])
        }
    }

    @Test func nothingThatIsReferredToIsRemoved() async throws {
        try await CacheFixture.with { fixture in
            let root = try fixture.makeRoot("a root")
            let pool = try fixture.keep("a package of a root").sha256
            try fixture.record(
                "derive", daysAgo: 900,
                inputs: ["root": root, "script": try fixture.keep("a script").sha256],
                packages: [pool])
            let member = try fixture.keep("a package of a set")
            try fixture.writeSet("bookworm", [member])
            let before = try fixture.listing()
            let removal = try await fixture.workflow.prune(CacheLimits(), isDryRun: false)
            #expect(removal.items == [])
            #expect(try fixture.listing() == before)
            // A limit takes the result and what only it referred to; the package set's stays.
            let rest = try await fixture.workflow.prune(CacheLimits(bytes: 0), isDryRun: false)
            #expect(fixture.gone(rest) == ["derive"])
            #expect(try fixture.store.files() == [member.sha256])
            #expect(try fixture.store.roots() == [])
            #expect(rest.left > 0)
        }
    }

    @Test func whatNothingRefersToGoes() async throws {
        try await CacheFixture.with { fixture in
            let key = try fixture.record("kept")
            try fixture.keep("a stray file")
            let root = try fixture.makeRoot("a stray root")
            let log = fixture.results.log(for: key)
            try Files.write("log", to: log)
            try Files.write("log", to: fixture.home.logs.appending("0123456789abcdef.log"))
            let parts = ["a", "b", "c"].map {
                fixture.home.downloads.appending("\(SHA256Digest(of: $0)).part")
            }
            for part in parts { try Files.write("half", to: part) }
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -90_000)],
                ofItemAtPath: parts[0].string)
            let control = fixture.home.packageControl
            try Files.createDirectory(control)
            try Files.write("", to: control.appending(SHA256Digest(of: "gone").hex))
            let removal = try await fixture.workflow.prune(CacheLimits(), isDryRun: false)
            #expect(
                removal.items.map(\.kind) == [.file, .root, .download, .log, .record])
            #expect(removal.freed >= 100_000)
            #expect(try fixture.store.files() == [fixture.output("kept")])
            #expect(!Files.exists(fixture.store.tree(of: root)))
            #expect(try Files.names(in: fixture.home.logs) == [log.lastComponent?.string])
            #expect(
                try Files.names(in: fixture.home.downloads)
                    == parts[1...].compactMap { $0.lastComponent?.string }.sorted())
            #expect(try Files.names(in: fixture.home.temporary) == [])
        }
    }

    @Test func whatCompilersMadeGoesWithItsRoot() async throws {
        try await CacheFixture.with { fixture in
            let root = try fixture.makeRoot("a root")
            try fixture.record("derive", daysAgo: 1, inputs: ["root": root])
            let home = fixture.store.home
            let lost = SHA256Digest(of: "a root that is gone")
            for digest in [root, lost] {
                let folder = home.compileCache.appending(digest.hex)
                try Files.createDirectory(folder)
                try Files.write("an object", to: folder.appending("object"))
            }
            let first = try await fixture.workflow.prune(CacheLimits(), isDryRun: false)
            #expect(first.items.filter { $0.kind == .compilers }.map(\.name) == [lost.hex])
            #expect(try Files.names(in: home.compileCache) == [root.hex])
            let rest = try await fixture.workflow.prune(CacheLimits(bytes: 0), isDryRun: false)
            #expect(rest.items.contains { $0.kind == .compilers && $0.name == root.hex })
            #expect(try Files.names(in: home.compileCache) == [])
        }
    }

    @Test func whatTheLockNamesStays() async throws {
        try await PinFixture.with { fixture, packages in
            _ = try await fixture.obtain()
            try Files.write("stray", to: fixture.home.temporary.appending("stray"))
            try fixture.store.adopt(fixture.home.temporary.appending("stray"), name: "stray")
            func prune(_ project: FilePath?, _ limits: CacheLimits) async throws -> CacheRemoval {
                try await CacheWorkflow(context: fixture.context(), project: project)
                    .prune(limits, isDryRun: false)
            }
            let removal = try await prune(fixture.project, CacheLimits(bytes: 0))
            #expect(removal.items.map(\.name) == [SHA256Digest(of: "stray").hex])
            // A locked build still needs no mirror.
            _ = try await fixture.obtain(offline: true)
            // Elsewhere nobody knows the lock.
            let outside = try await prune(nil, CacheLimits())
            #expect(outside.items.filter { $0.kind == .file }.count == packages.count)
            #expect(try fixture.store.files() == [])
            #expect(try Files.names(in: fixture.home.packageControl) == [])
        }
    }

    /// Records of before do not say which packages their roots were made of.
    @Test func packagesStayAsLongAsOldRecordsMayNeedThem() async throws {
        try await CacheFixture.with { fixture in
            try fixture.record("root build bookworm/amd64", packages: nil)
            let package = try fixture.keep("a package").sha256
            try Files.createDirectory(fixture.home.packageControl)
            try Files.write("", to: fixture.home.packageControl.appending(package.hex))
            #expect(
                try await fixture.workflow.prune(CacheLimits(), isDryRun: false).items == [])
            try fixture.record("root build bookworm/amd64", packages: [])
            let removal = try await fixture.workflow.prune(CacheLimits(), isDryRun: false)
            #expect(removal.items.map(\.name) == [package.hex, package.hex])
        }
    }

    @Test func recordsThatNoBuildCanUseGo() async throws {
        try await CacheFixture.with { fixture in
            let lost = try fixture.record("lost")
            try Files.remove(fixture.store.path(of: fixture.output("lost")))
            let broken = fixture.results.path(for: SHA256Digest(of: "broken"))
            try Files.write("{", to: broken)
            let removal = try await fixture.workflow.prune(CacheLimits(), isDryRun: false)
            #expect(
                removal.items.map(\.name).sorted()
                    == [SHA256Digest(of: "broken").hex, "lost"].sorted())
            #expect(!Files.exists(fixture.results.path(for: lost)))
            #expect(!Files.exists(broken))
        }
    }

    @Test func aDryRunChangesNothingAndSaysTheSame() async throws {
        try await CacheFixture.with { fixture in
            try fixture.record("a", daysAgo: 2)
            try fixture.record("b", daysAgo: 1)
            try fixture.keep("stray")
            let before = try fixture.listing()
            let dry = try await fixture.workflow.prune(CacheLimits(bytes: 0), isDryRun: true)
            #expect(try fixture.listing() == before)
            let real = try await fixture.workflow.prune(CacheLimits(bytes: 0), isDryRun: false)
            #expect(dry == real)
            #expect(real.items.count == 3)
        }
    }

    /// A .deb under its proper name keeps the bytes, so nothing comes free with the stored file.
    @Test func packagesUnderTheirNamesStayAndCountForNothing() async throws {
        try await CacheFixture.with { fixture in
            try fixture.record("package", daysAgo: 1)
            try fixture.record("derive", daysAgo: 2)
            let named = fixture.home.packages.appending("ruby.deb")
            try Files.linkOrCopy(fixture.store.path(of: fixture.output("package")), to: named)
            let removal = try await fixture.workflow.prune(CacheLimits(bytes: 0), isDryRun: false)
            #expect(fixture.gone(removal) == ["derive", "package"])
            #expect(removal.items[0].bytes > 100_000)
            #expect(removal.items[1].bytes < 100_000)
            #expect(try Files.size(of: named) > 100_000)
        }
    }

    @Test func aRootThatSomebodyIsInsideOfStays() async throws {
        try await CacheFixture.with { fixture in
            let root = try fixture.makeRoot("a root")
            let removal = try await FolderUse.with(fixture.store.tree(of: root)) {
                try await fixture.workflow.prune(CacheLimits(), isDryRun: false)
            }
            #expect(removal?.items == [])
            #expect(removal?.inUse.map(\.name) == [root.hex])
            #expect(try fixture.store.roots() == [root])
            #expect(
                try await fixture.workflow.prune(CacheLimits(), isDryRun: false).items.count == 1)
        }
    }

    @Test func aHomeThatIsNotThereIsNotMade() async throws {
        try await Scratch.with { folder in
            let fixture = CacheFixture(folder: folder)
            let size = try fixture.workflow.size()
            #expect(size.parts == [])
            #expect(try await fixture.workflow.clean(isDryRun: false).items == [])
            #expect(
                try await fixture.workflow.prune(CacheLimits(), isDryRun: false).items == [])
            #expect(!Files.exists(fixture.home.path))
        }
    }
}

extension CacheFixture {
    /// The digest of what an action of that name made.
    func output(_ action: String) throws -> SHA256Digest {
        var bytes: [UInt8] = []
        for index in 0..<1600 { bytes += SHA256Digest(of: "\(action) \(index)").hex.utf8 }
        return SHA256Digest(of: bytes)
    }

    /// Writes what was resolved of a suite.
    func writeSet(_ suite: String, _ packages: [ActionResult.Output]) throws {
        let members = packages.enumerated().map { index, file in
            PackageSet.Member(
                package: "package\(index)", version: "1", architecture: "amd64",
                sha256: file.sha256, size: file.size, isBase: true, stanza: "")
        }
        let set = PackageSet(
            suite: suite, architecture: "amd64", request: SHA256Digest(of: suite),
            members: members)
        try Files.write(
            Array(try JSONEncoder().encode(set)),
            to: home.packageSets.appending("\(suite)-amd64.json"))
    }
}
