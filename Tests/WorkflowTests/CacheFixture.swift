import Digest
import Foundation
import HostSystem
import Lock
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Workflow

/// A home that was written by hand, with files large enough to weigh.
struct CacheFixture {
    let folder: FilePath

    var home: Home { Home(folder.appending("home")) }
    var store: ArtifactStore { ArtifactStore(home: home) }
    var results: ActionResults { ActionResults(store: store) }
    var workflow: CacheWorkflow { CacheWorkflow(context: context, project: nil) }

    static func with(_ body: (CacheFixture) async throws -> Void) async throws {
        try await Scratch.with { folder in
            let fixture = CacheFixture(folder: folder)
            try await fixture.home.exclusively(holder: "a test", wait: false, onWait: { _ in }) {}
            try await body(fixture)
        }
    }

    var context: Context {
        Context(
            project: folder, home: home, host: .current(), runner: SubprocessRunner(),
            // Another test's child may have the lock's file open from its fork to its exec.
            mirror: nil, securityMirror: nil, jobs: 1, waits: true, refreshes: false,
            allowsUnverified: false, allowsInsecureSources: false, now: { Date() },
            events: { _ in })
    }

    /// Keeps a file of 100 kB that no disk compresses: always the same for the same word.
    @discardableResult
    func keep(_ word: String) throws -> ActionResult.Output {
        var bytes: [UInt8] = []
        for index in 0..<1600 { bytes += SHA256Digest(of: "\(word) \(index)").hex.utf8 }
        try store.insert(bytes)
        return ActionResult.Output(sha256: SHA256Digest(of: bytes), size: Int64(bytes.count))
    }

    /// Records a result with one output, whose bytes are those of its name.
    ///
    /// - Parameters:
    ///   - action: what the action is called.
    ///   - days: how many days ago it was used.
    ///   - inputs: what went in, by name.
    ///   - packages: what it took besides.
    /// - Returns: the result's key.
    /// - Throws: what writing throws.
    @discardableResult
    func record(
        _ action: String, daysAgo days: Double = 0, inputs: [String: SHA256Digest] = [:],
        packages: [SHA256Digest]? = []
    ) throws -> SHA256Digest {
        let key = SHA256Digest(of: "key of \(action)")
        try results.record(
            ActionResult(
                action: action, outputs: ["out": try keep(action)], seconds: 1, inputs: inputs,
                operation: nil, packages: packages), for: key)
        LastUse.note(results.path(for: key), at: Date(timeIntervalSinceNow: -86_400 * days))
        return key
    }

    /// Makes an unpacked root, which is no root but a folder.
    func makeRoot(_ word: String) throws -> SHA256Digest {
        let digest = SHA256Digest(of: word)
        let tree = store.tree(of: digest)
        try Files.createDirectory(tree.appending("etc"))
        try Files.write(word, to: tree.pushing("etc/hostname"))
        return digest
    }

    /// Every path in the home but the lock's, which holders change.
    func listing() throws -> [String] {
        try FileTree.entries(below: home.path).map(\.path).filter { $0 != "lock" }
    }

    /// The names of the results that went, in order.
    func gone(_ removal: CacheRemoval) -> [String] {
        removal.items.filter { $0.kind == .result }.map(\.name)
    }
}
