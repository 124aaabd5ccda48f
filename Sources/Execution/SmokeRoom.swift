import AptRepository
import Debian
import Diagnostics
import Foundation
import HostSystem
import Planning
import Provisioning
import Sandbox
import Store
import SystemPackage

/// A throw-away clean root in which apt can install the package under test.
///
/// It has two apt sources: a signed repository of that package, and the Debian packages by digest.
/// There is no network but loopback.
struct SmokeRoom: Sendable {
    let folder: FilePath
    let operation: SmokeOperation
    let run: ActionRun

    var root: FilePath { folder.appending("root") }
    private var inputs: FilePath { folder.appending("inputs") }

    func prepare() async throws {
        run.step("prepare a clean root")
        try await copyRoot()
        let pool = inputs.appending("debian")
        let repository = inputs.appending("repository")
        for path in [pool, repository] { try Files.createDirectory(path) }
        let wanted = Set(operation.pool)
        let members = run.tools.packageSets.flatMap { set in
            set.members + set.additions.flatMap(\.members)
        }.filter { wanted.contains($0.sha256) }
        try LocalPool.make(of: members, in: pool, store: run.tools.store)
        for name in run.inputs.keys where name.hasPrefix("Recipes/smoke/") {
            let script = inputs.pushing(FilePath(name))
            try Files.createDirectory(script.removingLastComponent())
            try Files.linkOrCopy(try run.file(name), to: script)
        }
        try await publish(into: repository)
    }

    /// Runs a check's script with the installed Ruby, as an ordinary user in a read-only root.
    func run(_ script: String) async throws -> SmokeVerdict {
        let result = try await ruby(.build, script)
        let output = Self.text(of: result)
        return result.succeeded
            ? .passed(output) : .failed(output.isEmpty ? "\(result.ending)" : output)
    }

    /// Runs a script of the project with the installed Ruby.
    func ruby(_ profile: SandboxSpec.Profile, _ script: String, _ arguments: [String] = [])
        async throws -> CommandResult
    {
        let environment = [
            "HOME": "/tmp",
            "LAPIDARY_PREFIX": operation.prefix,
            "LAPIDARY_RELEASE": operation.release,
            "LAPIDARY_VARIANT": operation.variant,
            "LAPIDARY_ALLOCATOR": operation.allocator ?? "none",
            "LAPIDARY_MALLOC_TRIM": operation.mallocTrim ? "yes" : "no",
        ]
        return try await capture(
            profile, ["\(operation.prefix)/bin/ruby", "/inputs/\(script)"] + arguments,
            environment: environment)
    }

    /// Runs a program in the root and appends what it printed to the log.
    func capture(
        _ profile: SandboxSpec.Profile, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> CommandResult {
        let result = try await run.tools.sandbox.capture(
            SandboxSpec(
                profile: profile, root: root,
                binds: [SandboxSpec.Bind(inputs, at: "/inputs", isReadOnly: true)],
                environment: environment, workingDirectory: "/", arguments: arguments))
        let command = Command(arguments[0], Array(arguments.dropFirst())).displayed
        try Files.append("$ \(command)\n\(Self.text(of: result))\n\n", to: run.log)
        return result
    }

    /// Every path in the root, those in folders of other ids included.
    func paths() async throws -> Set<String> {
        let listing = try await run.tools.runner.output(
            of: Privileges.current.withSystemIDs(
                Command("find", [root.string, "-mindepth", "1", "-printf", "%P\\0"])),
            purpose: "list the clean root")
        return Set(listing.split(separator: "\0").map(String.init))
    }

    static func text(of result: CommandResult) -> String {
        (result.standardOutput + result.standardError)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func copyRoot() async throws {
        let source = try run.rootTree()
        let result = try await run.tools.runner.capture(
            Privileges.current.withSystemIDs(
                Command("cp", ["--archive", "--reflink=auto", source.string, root.string])))
        guard result.succeeded else {
            throw Failure(
                .environment, "could not copy the clean root `\(source)`: \(Self.text(of: result))")
        }
    }

    /// Signs a repository of the package under test with a key of its own, as a publisher would.
    private func publish(into folder: FilePath) async throws {
        let deb = self.folder.appending("package.deb")
        try Files.linkOrCopy(try run.file("deb"), to: deb)
        let suite = try RepositorySuite(
            name: operation.suite, component: "main", origin: "smoke", label: "smoke",
            description: "The package under test", architectures: [operation.architecture],
            versionSuffix: nil)
        let repository = try Repository(
            root: folder, vendor: operation.vendor,
            keyUserID: "Smoke test <smoke@localhost>",
            signer: Signer(home: self.folder.appending("keys"), runner: run.tools.runner),
            runner: run.tools.runner)
        _ = try await repository.publish(
            debs: [deb], suite: suite,
            date: UTCDate(seconds: Int(run.tools.now().timeIntervalSince1970)))
        let keyring = "usr/share/keyrings/smoke.pgp"
        try Files.write(
            try Files.readBytes(repository.keyring), to: root.pushing(FilePath(keyring)))
        let sources = root.pushing("etc/apt/sources.list.d")
        try Files.write(
            try SourcesFile.text(
                uri: "file:/inputs/repository", suite: operation.suite, component: "main",
                signedBy: "/\(keyring)", architectures: []),
            to: sources.appending("lapidary.sources"))
        try Files.write(
            "deb [trusted=yes] file:/inputs/debian ./\n", to: sources.appending("debian.list"))
    }
}
