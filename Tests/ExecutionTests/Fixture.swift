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

@testable import Execution

/// A home with the smallest root in which a shell runs.
struct ExecutionFixture {
    let home: Home
    let events = Recorder<BuildEvent>()

    /// What the root has besides the shell.
    static let programs =
        [
            "cat", "gzip", "id", "ln", "ls", "mkdir", "mkfifo", "prlimit", "sh", "sleep",
            "tar",
            "touch", "xz",
        ] + ["patch"].filter(Programs.has)
    /// The digest that the root is known by; nobody digests it.
    static let root = SHA256Digest(of: "the root of the tests")

    var store: ArtifactStore { ArtifactStore(home: home) }

    static func with(_ body: (ExecutionFixture) async throws -> Void) async throws {
        try await Scratch.with { folder in
            let home = Home(folder)
            try await home.exclusively(holder: "a test", wait: false, onWait: { _ in }) {
                try await makeRoot(in: home.roots.appending(root.hex))
                try await body(ExecutionFixture(home: home))
            }
        }
    }

    /// Copies programs of the machine with the libraries they are linked with.
    private static func makeRoot(in tree: FilePath) async throws {
        for name in ["build", "inputs", "outputs", "proc", "dev", "tmp"] {
            try Files.createDirectory(tree.appending(name))
        }
        let runner = SubprocessRunner()
        let paths = try programs.map { try #require(Programs.path(of: $0)) }
        let listing = try await runner.output(
            of: Command("ldd", paths), purpose: "find the libraries of the programs")
        let libraries = listing.split(whereSeparator: { $0.isWhitespace })
            .filter { $0.hasPrefix("/") && !$0.hasSuffix(":") }.map(String.init)
        _ = try await runner.output(
            of: Command(
                "cp", ["--dereference", "--parents"] + Set(libraries).sorted() + [tree.string]),
            purpose: "copy the libraries")
        try Files.createDirectory(tree.appending("bin"))
        _ = try await runner.output(
            of: Command("cp", ["--dereference"] + paths + [tree.appending("bin").string]),
            purpose: "copy the programs")
    }

    func executor(jobs: Int = 3) -> Executor {
        Executor(
            tools: Executor.Tools(
                store: store, runner: SubprocessRunner(),
                fetcher: SourceFetcher(
                    store: store, runner: SubprocessRunner(),
                    mirror: { throw Failure(.internalError, "no mirror is wanted") },
                    protocols: .secure, architecture: "amd64"),
                packageSets: [], jobs: jobs, now: { Date() }, events: { [events] in events.add($0) }
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
}
