import Diagnostics
import Digest
import Foundation
import HostSystem
import Planning
import Provisioning
import Sandbox
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// A home with the smallest root in which a shell runs.
struct ExecutionFixture {
    let home: Home
    let events = Recorder<BuildEvent>()

    /// The digest that the root is known by; nobody digests it.
    static let root = SHA256Digest(of: "the root of the tests")

    var store: ArtifactStore { ArtifactStore(home: home) }

    static func with(_ body: (ExecutionFixture) async throws -> Void) async throws {
        try await Scratch.with { folder in
            let home = Home(folder)
            try await home.exclusively(holder: "a test", wait: false, onWait: { _ in }) {
                try await SmallRoot.make(in: home.roots.appending(root.hex))
                try await body(ExecutionFixture(home: home))
            }
        }
    }

    /// A home on a small disk; the root stands beside it.
    static func with(
        megabytes: Int, files: Int = 0, _ body: (ExecutionFixture) async throws -> Void
    ) async throws {
        try await Scratch.with { folder in
            try await SmallRoot.make(in: folder)
            try await SmallDisk.with(megabytes: megabytes, files: files) { disk in
                let home = Home(disk)
                try await home.exclusively(holder: "a test", wait: false, onWait: { _ in }) {
                    try FileManager.default.createSymbolicLink(
                        atPath: home.roots.appending(root.hex).string,
                        withDestinationPath: folder.string)
                    try await body(ExecutionFixture(home: home))
                }
            }
        }
    }

    func executor(
        jobs: Int = 3, limits: Limits = .standard, protocols: Downloader.Protocols = .secure,
        memory: Int64 = .max, disk: MemoryDisk? = nil
    )
        -> Executor
    {
        Executor(
            tools: Executor.Tools(
                store: store, runner: SubprocessRunner(),
                fetcher: SourceFetcher(
                    store: store, runner: SubprocessRunner(),
                    mirror: { throw Failure(.internalError, "no mirror is wanted") },
                    protocols: protocols, architecture: "amd64"),
                packageSets: [], jobs: jobs, now: { Date() },
                events: { [events] in events.add($0) },
                limits: limits, availableMemory: { memory }, memory: disk
            ))
    }

    /// An action of shell scripts, one a step.
    func action(
        _ name: String, _ scripts: [String], inputs: [String: ActionInput] = [:],
        environment: [String: String] = [:], outputs: [String: String] = [:]
    ) -> Action {
        let steps = scripts.enumerated().map { index, script in
            StepsOperation.Step("step \(index + 1)", ["sh", "-c", script], in: "/build")
        }
        return Action(
            id: ActionID(name),
            inputs: inputs.merging(["root": .blob(Self.root)]) { $1 },
            operation: .steps(
                StepsOperation(steps: steps, environment: environment, outputs: outputs)))
    }

    func action(
        _ scripts: [String], inputs: [String: ActionInput] = [:],
        environment: [String: String] = [:], outputs: [String: String] = [:]
    ) -> Action {
        action("make it", scripts, inputs: inputs, environment: environment, outputs: outputs)
    }

    /// Runs one action and gives the text of its output `out`.
    func text(_ action: Action, jobs: Int = 3) async throws -> String {
        let outcomes = try await executor(jobs: jobs).run(Plan([action]))
        return try text(outcomes[action.id])
    }

    func text(_ outcome: Executor.Outcome?) throws -> String {
        let digest = try #require(outcome?.result.outputs["out"]?.sha256)
        return try Files.readText(try #require(try store.verified(digest)))
    }

    /// Unfinished work leaves nothing behind.
    func expectNoLeftovers(sourceLocation: Testing.SourceLocation = #_sourceLocation) throws {
        let names = try Files.names(in: home.temporary)
        #expect(names == [], sourceLocation: sourceLocation)
    }

    func expectNoResults(sourceLocation: Testing.SourceLocation = #_sourceLocation) throws {
        let names = try Files.names(in: home.results)
        #expect(names == [], sourceLocation: sourceLocation)
    }

    /// Whatever is in the store has the bytes that its name says.
    func expectWholeStore(sourceLocation: Testing.SourceLocation = #_sourceLocation) throws {
        for folder in try Files.names(in: home.blobs) {
            for name in try Files.names(in: home.blobs.appending(folder)) {
                let digest = try FileDigests(of: home.blobs.appending(folder).appending(name))
                #expect(digest.sha256.hex == name, sourceLocation: sourceLocation)
            }
        }
    }
}
