import Digest
import Foundation
import Lock
import Recipe
import Testing

@testable import Planning

/// This project's own recipes, as they are or changed in one place, and a small package set.
struct PlanFixture {
    var files: [ProjectFile]
    var members: [PackageSet.Member] = [
        member("base-files", isBase: true), member("gcc", isBase: false),
        member("libc6", isBase: true),
    ]

    init() throws {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        files = []
        for folder in ["Recipes", "Patches"] {
            let url = root.appending(path: folder)
            for name in try FileManager.default.subpathsOfDirectory(atPath: url.path) {
                let file = url.appending(path: name)
                if file.hasDirectoryPath { continue }
                guard let data = try? Data(contentsOf: file) else { continue }
                files.append(ProjectFile(path: "\(folder)/\(name)", bytes: Array(data)))
            }
        }
    }

    static func member(_ name: String, isBase: Bool, content: String = "1") -> PackageSet.Member {
        PackageSet.Member(
            package: name, version: "1:\(content)-1", architecture: "amd64",
            sha256: SHA256Digest(of: "\(name) \(content)"), size: 10, isBase: isBase,
            stanza: "Package: \(name)\nVersion: 1:\(content)-1")
    }

    /// Replaces a text that occurs in a file.
    mutating func edit(_ path: String, _ old: String, _ new: String) throws {
        let index = try #require(files.firstIndex { $0.path == path })
        let text = String(decoding: files[index].bytes, as: UTF8.self)
        try #require(text.contains(old))
        files[index] = ProjectFile(path: path, bytes: Array(text.replacing(old, with: new).utf8))
    }

    /// Adds a text at the end of a file.
    mutating func append(_ text: String, to path: String) throws {
        let index = try #require(files.firstIndex { $0.path == path })
        files[index] = ProjectFile(path: path, bytes: files[index].bytes + Array(text.utf8))
    }

    func catalog() throws -> Catalog { try Catalog.load(files: files) }

    func cells(_ selection: String = "3.3.8@plain,trim:bookworm/amd64") throws -> [Cell] {
        try catalog().cells(
            for: [Selection.parse(selection)], project: .default,
            host: HostPlatform(suite: "bookworm", architecture: .amd64))
    }

    var packageSet: PackageSet {
        PackageSet(
            suite: "bookworm", architecture: "amd64", request: SHA256Digest(of: "request"),
            members: members)
    }

    func plan(_ goal: Planner.Goal = .smokedPackages) throws -> Plan {
        try Planner(catalog: catalog(), packageSets: [packageSet]).plan(cells(), goal: goal)
    }

    /// The key of every action, as if each output's bytes followed from what it is made of.
    func keys() throws -> [String: SHA256Digest] {
        let plan = try plan()
        var keys: [ActionID: SHA256Digest] = [:]
        for action in plan.actions {
            var resolved: [String: SHA256Digest] = [:]
            for (name, input) in action.inputs {
                switch input {
                case .blob(let digest): resolved[name] = digest
                case .output(let id, let output):
                    let key = try #require(keys[id])
                    resolved[name] =
                        Self.source(of: id, in: plan) ?? SHA256Digest(of: "\(output) of \(key)")
                }
            }
            keys[action.id] = try action.key(resolved: resolved)
        }
        return Dictionary(uniqueKeysWithValues: keys.map { ("\($0)", $1) })
    }

    /// The output of a download is known beforehand.
    private static func source(of id: ActionID, in plan: Plan) -> SHA256Digest? {
        guard let action = plan.actions.first(where: { $0.id == id }),
            case .fetch(let fetch) = action.operation
        else { return nil }
        return fetch.sha256
    }
}
