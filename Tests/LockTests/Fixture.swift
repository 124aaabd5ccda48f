import Diagnostics
import Digest
import Foundation
import Recipe
import Testing

@testable import Lock

/// This project's own recipes, as they are or changed in one place, and a small lock of them.
struct LockFixture {
    var files: [ProjectFile]
    var selection = "3.3.8@plain,trim,jemalloc:bookworm/amd64"
    var members = [member("bash", isBase: true), member("gcc-12", isBase: false)]
    var smoke = [member("gdb", isBase: false)]
    var allocator = [member("libjemalloc2", isBase: false)]

    init() throws {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        files = []
        for folder in ["Recipes", "Patches"] {
            let url = root.appending(path: folder)
            for name in try FileManager.default.subpathsOfDirectory(atPath: url.path) {
                guard let data = try? Data(contentsOf: url.appending(path: name)) else { continue }
                files.append(ProjectFile(path: "\(folder)/\(name)", bytes: Array(data)))
            }
        }
    }

    static func member(_ name: String, isBase: Bool, version: String = "1:2-3")
        -> PackageSet.Member
    {
        PackageSet.Member(
            package: name, version: version, architecture: "amd64",
            sha256: SHA256Digest(of: "\(name) \(version)"), size: 10, isBase: isBase,
            poolPath: "pool/main/\(name.prefix(1))/\(name)/\(name)_2-3_amd64.deb", stanza: "")
    }

    /// Replaces a text that occurs in a file.
    mutating func edit(_ path: String, _ old: String, _ new: String) throws {
        let index = try #require(files.firstIndex { $0.path == path })
        let text = String(decoding: files[index].bytes, as: UTF8.self)
        try #require(text.contains(old))
        files[index] = ProjectFile(path: path, bytes: Array(text.replacing(old, with: new).utf8))
    }

    func catalog() throws -> Catalog { try Catalog.load(files: files) }

    func scope() throws -> LockScope {
        LockScope(
            try catalog().cells(
                for: [Selection.parse(selection)], project: .default,
                host: HostPlatform(suite: "bookworm", architecture: .amd64),
                allowsUnverified: true))
    }

    /// The lock of these recipes, in place of an older one.
    func lock(after old: ProjectLock? = nil, published: [RubyVersion: Int] = [:]) throws
        -> ProjectLock
    {
        let scope = try scope()
        let platforms = scope.platforms.map { platform in
            let additions = PackageWish.all(of: platform.suite, variants: scope.variants).map {
                PackageAddition(
                    name: $0.name, request: $0.digest,
                    members: $0.name == "smoke" ? smoke : allocator)
            }
            return LockedPlatform(
                keyring: platform.suite.keyring, keyringDigest: SHA256Digest(of: "keys"),
                set: PackageSet(
                    suite: platform.suite.name, architecture: platform.architecture.rawValue,
                    request: platform.request, members: members
                ).adding(additions))
        }
        let sources = scope.rubies.map { ($0.release.version, $0.release.source) }
        return LockDraft(
            catalog: try catalog(), scope: scope,
            sources: Dictionary(uniqueKeysWithValues: sources), platforms: platforms
        ).lock(after: old, published: published)
    }

    func gaps(in lock: ProjectLock) throws -> [String] {
        try lock.gaps(of: scope(), in: catalog()).map(\.description)
    }

    static let version = RubyVersion(major: 3, minor: 3, patch: 8)
}
