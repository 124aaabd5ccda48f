import AptRepository
import Debian
import Diagnostics
import Foundation
import HostSystem
import Lock
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
    /// What programs in the sandbox may write besides the root.
    private var outputs: FilePath { folder.appending("outputs") }

    func prepare() async throws {
        run.step("prepare a clean root")
        try await copyRoot()
        let pool = inputs.appending("debian")
        for path in [pool, inputs.appending("repository"), outputs] {
            try Files.createDirectory(path)
        }
        let wanted = Set(operation.pool)
        let members = run.tools.packageSets.flatMap { set in
            set.members + set.additions.flatMap(\.members)
        }.filter { wanted.contains($0.sha256) }
        try LocalPool.make(of: members, in: pool, store: run.tools.store)
        for name in run.inputs.keys where name.hasPrefix("Recipes/") {
            let script = inputs.pushing(FilePath(name))
            try Files.createDirectory(script.removingLastComponent())
            try Files.linkOrCopy(try run.file(name), to: script)
        }
        try Files.linkOrCopy(try run.file("source"), to: inputs.appending("source"))
        let deb = inputs.appending("package.deb")
        try Files.linkOrCopy(try run.file("deb"), to: deb)
        try writeSources(keyring: try await publish(deb))
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
                binds: [
                    SandboxSpec.Bind(inputs, at: "/inputs", isReadOnly: true),
                    SandboxSpec.Bind(outputs, at: "/outputs", isReadOnly: false),
                ],
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

    /// Another package, made of the one under test by a script that the installed Ruby runs.
    enum Variation: String {
        case previous, neighbour
    }

    /// People's own gem in the package's folder of gems.
    static let gemScript = "Recipes/smoke/support/gem.rb"
    private static let variationScript = "Recipes/smoke/support/variation.rb"

    /// Makes a variation of the package and adds it to the repository, unless it is there.
    ///
    /// - Throws: `PackageLife.Flaw` when it cannot be made of the package.
    func offer(_ variation: Variation) async throws {
        let deb = outputs.appending("\(variation.rawValue).deb")
        guard !Files.exists(deb) else { return }
        let result = try await ruby(
            .build, Self.variationScript,
            ["/inputs/package.deb", "/outputs/\(variation.rawValue).deb", variation.rawValue])
        guard result.succeeded, FileTree.isPlainFile("\(variation.rawValue).deb", below: outputs)
        else { throw PackageLife.Flaw(Self.text(of: result)) }
        _ = try await publish(deb)
    }

    func apt(_ arguments: [String]) async throws -> CommandResult {
        try await capture(
            .install,
            [
                "apt-get", "--yes", "-o", "Dpkg::Use-Pty=0",
                // The root is thrown away: nothing in it need outlive a loss of power (dpkg(1)).
                "-o", "Dpkg::Options::=--force-unsafe-io",
            ] + arguments,
            environment: ["DEBIAN_FRONTEND": "noninteractive", "HOME": "/root"])
    }

    /// Adds a package to the room's repository, signed with a key of its own, as a publisher would.
    ///
    /// - Returns: the public keyring.
    private func publish(_ deb: FilePath) async throws -> FilePath {
        let suite = try RepositorySuite(
            name: operation.suite, component: "main", origin: "smoke", label: "smoke",
            description: "The package under test", architectures: [operation.architecture],
            versionSuffix: nil)
        let repository = try Repository(
            root: inputs.appending("repository"), vendor: operation.vendor,
            keyUserID: "Smoke test <smoke@localhost>",
            signer: Signer(home: self.folder.appending("keys"), runner: run.tools.runner),
            runner: run.tools.runner)
        var debs = [deb]
        if run.inputs[SmokeOperation.debugSymbols] != nil {
            let symbols = folder.appending("symbols.deb")
            if !Files.exists(symbols) {
                try Files.linkOrCopy(try run.file(SmokeOperation.debugSymbols), to: symbols)
            }
            debs.append(symbols)
        }
        _ = try await repository.publish(
            debs: debs, suite: suite,
            date: UTCDate(seconds: Int(run.tools.now().timeIntervalSince1970)))
        return repository.keyring
    }

    private func writeSources(keyring: FilePath) throws {
        let place = "usr/share/keyrings/smoke.pgp"
        try Files.write(try Files.readBytes(keyring), to: root.pushing(FilePath(place)))
        let sources = root.pushing("etc/apt/sources.list.d")
        try Files.write(
            try SourcesFile.text(
                uri: "file:/inputs/repository", suite: operation.suite, component: "main",
                signedBy: "/\(place)", architectures: []),
            to: sources.appending("lapidary.sources"))
        try Files.write(
            "deb [trusted=yes] file:/inputs/debian ./\n", to: sources.appending("debian.list"))
    }
}
