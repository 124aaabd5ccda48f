import Diagnostics
import Digest
import Execution
import Foundation
import HostSystem
import Recipe
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Lock
@testable import Workflow

/// A copy of this project with a small lock, a home, and a mirror on loopback that has some of what
/// is locked.
struct PinFixture {
    let folder: FilePath
    let server: LoopbackServer
    let notes = Recorder<String>()

    var project: FilePath { folder.appending("project") }
    var home: Home { Home(folder.appending("home")) }
    var store: ArtifactStore { ArtifactStore(home: home) }
    var lockFile: FilePath { project.appending("lapidary.lock") }

    static let selection = "3.3.8@plain,jemalloc:bookworm/amd64"
    static let version = RubyVersion(major: 3, minor: 3, patch: 8)
    /// The pool path of the Debian source of 3.3.8.
    static let source = "/debian/pool/main/r/ruby3.3/ruby3.3_3.3.8.orig.tar.xz"

    /// A small package of the tests, as the lock has it and as the mirror does.
    struct Package: Sendable {
        let member: PackageSet.Member
        let bytes: [UInt8]

        var path: String { "/debian/\(member.poolPath ?? "")" }
    }

    /// Runs a body with packages `base` and `tool` of the roots, `gdb` for smoke checks, and
    /// `liballoc` for jemalloc.
    static func with(
        _ answers: ([Package]) -> [String: LoopbackServer.Answer] = PinFixture.everything,
        _ body: (PinFixture, [Package]) async throws -> Void
    ) async throws {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        try await Scratch.with { folder in
            var packages: [Package] = []
            for (name, isBase) in [
                ("base", true), ("tool", false), ("gdb", false), ("liballoc", false),
            ] {
                packages.append(try await package(name, isBase: isBase, in: folder))
            }
            try await LoopbackServer.with(answers(packages)) { server in
                let fixture = PinFixture(folder: folder, server: server)
                try Files.createDirectory(fixture.project)
                for name in ["Recipes", "Patches"] {
                    try FileManager.default.copyItem(
                        atPath: root.appending(path: name).path,
                        toPath: fixture.project.appending(name).string)
                }
                try fixture.writeLock(packages.map(\.member))
                try await body(fixture, packages)
            }
        }
    }

    /// A mirror that has all that is locked.
    static func everything(_ packages: [Package]) -> [String: LoopbackServer.Answer] {
        var answers: [String: LoopbackServer.Answer] = [source: .bytes([1])]
        for package in packages { answers[package.path] = .ranged(package.bytes) }
        return answers
    }

    private static func package(_ name: String, isBase: Bool, in folder: FilePath) async throws
        -> Package
    {
        let tree = folder.appending("tree-\(name)")
        try Files.createDirectory(tree.appending("DEBIAN"))
        try Files.write(
            """
            Package: \(name)
            Version: 1:2-3
            Architecture: amd64
            Maintainer: Test <test@example.org>
            Installed-Size: 4
            Depends: libc6 (>= 2.36)
            Description: \(name) of a test

            """, to: tree.pushing("DEBIAN/control"))
        let deb = folder.appending("\(name).deb")
        _ = try await SubprocessRunner().output(
            of: Command(
                "dpkg-deb", ["--root-owner-group", "-Znone", "--build", tree.string, deb.string],
                environment: ["SOURCE_DATE_EPOCH": "1744195315"]), purpose: "build a package")
        let bytes = try Files.readBytes(deb)
        return Package(
            member: PackageSet.Member(
                package: name, version: "1:2-3", architecture: "amd64",
                sha256: SHA256Digest(of: bytes), size: Int64(bytes.count), isBase: isBase,
                poolPath: "pool/main/\(name.prefix(1))/\(name)/\(name)_2-3_amd64.deb", stanza: ""),
            bytes: bytes)
    }

    /// Locks the recipes as they are with these packages.
    func writeLock(_ members: [PackageSet.Member]) throws {
        let scope = LockScope(try cells())
        let platforms = scope.platforms.map { platform in
            let additions = PackageWish.all(of: platform.suite, variants: scope.variants).map {
                PackageAddition(
                    name: $0.name, request: $0.digest,
                    members: [members[$0.name == "smoke" ? 2 : 3]])
            }
            return LockedPlatform(
                keyring: platform.suite.keyring, keyringDigest: SHA256Digest(of: "keys"),
                set: PackageSet(
                    suite: "bookworm", architecture: "amd64", request: platform.request,
                    members: Array(members[..<2])
                ).adding(additions))
        }
        let lock = LockDraft(
            catalog: try catalog(), scope: scope, sources: [:], platforms: platforms
        ).lock(after: nil, published: [:])
        try Files.write(lock.text, to: lockFile)
    }

    func catalog() throws -> Catalog { try ProjectLoader.catalog(of: project) }

    func cells(_ selection: String = selection) throws -> [Cell] {
        try catalog().cells(
            for: [Selection.parse(selection)], project: .default,
            host: HostPlatform(suite: "bookworm", architecture: .amd64))
    }

    func lock() throws -> ProjectLock { try #require(try LockFile.read(of: project)) }

    func context(locked: Bool = false, offline: Bool = false) -> Context {
        Context(
            project: project, home: home, host: Machine.current(), runner: SubprocessRunner(),
            mirror: server.address("/debian"), securityMirror: nil, jobs: 1, waits: false,
            refreshes: false, allowsUnverified: false, allowsInsecureSources: true,
            isLocked: locked, isOffline: offline, now: { Date() },
            events: { [notes] event in if case .note(let text) = event { notes.add(text) } })
    }

    func pins(_ selection: String = selection, locked: Bool = false) throws -> Pins {
        try Pins(cells(selection), of: catalog(), context: context(locked: locked))
    }

    /// The package sets of the locked selection, as a build obtains them.
    func obtain(offline: Bool = false) async throws -> [PackageSet] {
        let context = context(offline: offline)
        return try await context.exclusively("a test") {
            try await PackageSets(context: context).obtain(for: try cells(), lock: try lock())
        }
    }

    func update(
        _ part: PinRequest.Part = .releases, _ selections: [String] = [], against: String? = nil
    ) async throws -> PinReport {
        try await PinWorkflow(context: context()).update(
            PinRequest(
                selections: selections.map(Selection.parse), part: part, repository: against,
                index: server.address("/index.txt")))
    }

    /// Replaces a text that occurs in a file of the project.
    func edit(_ path: String, _ old: String, _ new: String) throws {
        let file = project.pushing(FilePath(path))
        let text = try Files.readText(file)
        try #require(text.contains(old))
        try Files.write(text.replacing(old, with: new), to: file)
    }
}
