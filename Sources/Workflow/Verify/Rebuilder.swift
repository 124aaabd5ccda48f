package import Diagnostics
import Digest
package import Execution
import Foundation
import HostSystem
package import Planning
import Store
package import SystemPackage

/// Runs a plan again: a lapidary of its own, in a fresh home and a varied world.
package struct Rebuilder: Sendable {
    /// How much is done again.
    package enum Scope: Sendable, Hashable {
        /// Everything but downloads.
        case everything
        /// What comes after roots and compilations, which are taken from the home.
        case afterCompile
        /// Every variant compiled by itself, in roots that are taken from the home; with the
        /// compile cache, compilers are not asked again about what they compiled before.
        case fromScratch(withCompileCache: Bool)

        package var isFromScratch: Bool {
            if case .fromScratch = self { true } else { false }
        }
    }

    /// The folder of one rebuild.
    package struct Place: Sendable, Hashable {
        /// Removed when the rebuild has been looked at.
        package let folder: FilePath
        package let home: FilePath
    }

    package let document: PlanDocument
    /// What is known of the plan's actions from the home.
    package let outcomes: [ActionID: Executor.Outcome]
    package let kit: VariationKit
    package let tools: MachineTools
    /// The program that rebuilds: this one.
    package let executable: FilePath
    package let context: Context

    package init(
        document: PlanDocument, outcomes: [ActionID: Executor.Outcome], kit: VariationKit,
        tools: MachineTools, executable: FilePath, context: Context
    ) {
        self.document = document
        self.outcomes = outcomes
        self.kit = kit
        self.tools = tools
        self.executable = executable
        self.context = context
    }

    /// Rebuilds, and removes the place when `body` has looked at what was made.
    ///
    /// - Parameters:
    ///   - world: what varies.
    ///   - scope: how much is done again.
    ///   - body: gets what was made, or the failure that ended it.
    /// - Returns: what `body` returns.
    /// - Throws: `Failure` when the rebuild cannot be started, and what `body` throws.
    package func rebuild<Value>(
        in world: VariedWorld, scope: Scope,
        _ body: (Result<RebuildResult, Failure>, Place) async throws -> Value
    ) async throws -> Value {
        // Always the same path, so that the home's place varies only where that is wanted.
        try await TemporaryDirectory.with(context.home.temporary.appending("verify")) { folder in
            try Files.setMode(0o755, of: folder)
            let home = folder.pushing(
                world.variations.contains(.buildPath)
                    ? "in-another/and-much-longer/place-of-this-machine/home" : "home")
            let place = Place(folder: folder, home: home)
            try seed(ArtifactStore(home: Home(home)), scope)
            let order = folder.appending("order.json")
            try Files.write(
                Array(
                    try JSONEncoder().encode(
                        RebuildOrder(
                            document: document,
                            variations: Variation.allCases.filter(world.variations.contains),
                            clock: world.clock, kit: kit.folder.string))), to: order)
            let command = Command(
                executable.string,
                [
                    "rebuild", order.string, "--home", home.string, "--jobs", "\(context.jobs)",
                    "--quiet", "--color", "never",
                ], workingDirectory: folder)
            let result = try await context.runner.capture(world.started(command, tools: tools))
            return try await body(outcome(of: result, in: home), place)
        }
    }

    /// Whether an action's result is taken from the home when only what follows is done again.
    func isGiven(_ id: ActionID) -> Bool {
        document.actions.contains { $0.id == id && $0.isBeforeDeriving }
    }

    /// Puts what the plan needs into a fresh home, as links where that is possible.
    private func seed(_ fresh: ArtifactStore, _ scope: Scope) throws {
        for action in document.actions {
            for case .blob(let digest) in action.inputs.values { try give(digest, to: fresh) }
            switch action.operation {
            case .fetch(let source): try give(source.sha256, to: fresh)
            case .root(let root) where scope == .everything:
                for digest in root.packages { try give(digest, to: fresh) }
            default: break
            }
            guard scope != .everything, action.isBeforeDeriving,
                let outcome = outcomes[action.id]
            else { continue }
            for output in outcome.result.outputs.values { try give(output.sha256, to: fresh) }
            try Files.createDirectory(fresh.home.results)
            try ActionResults(store: fresh).record(outcome.result, for: outcome.key)
        }
        if scope == .fromScratch(withCompileCache: true), Files.exists(context.home.compileCache) {
            try Files.copy(context.home.compileCache, to: fresh.home.compileCache)
        }
    }

    private func give(_ digest: SHA256Digest, to fresh: ArtifactStore) throws {
        let tree = context.home.roots.appending(digest.hex)
        if let path = try context.store.verified(digest) {
            let destination = fresh.path(of: digest)
            guard !Files.exists(destination) else { return }
            try Files.createDirectory(destination.removingLastComponent())
            try Files.linkOrCopy(path, to: destination)
        } else if Files.isDirectory(tree) {
            let destination = fresh.home.roots.appending(digest.hex)
            guard !Files.exists(destination) else { return }
            try Files.createDirectory(fresh.home.roots)
            try Files.symbolicLink(at: destination, to: tree)
        } else {
            throw Failure(
                .environment, "the home has no file with sha256 \(digest), which the rebuild needs",
                hint: "run `lapidary build` first, which brings every input into the home")
        }
    }

    /// What a rebuild says: JSON on standard output, or a sentence on standard error.
    private func outcome(of result: CommandResult, in home: FilePath)
        -> Result<RebuildResult, Failure>
    {
        if result.succeeded,
            let made = try? JSONDecoder().decode(
                RebuildResult.self, from: Data(result.standardOutput.utf8))
        {
            return .success(made)
        }
        let lines = result.standardError.split(whereSeparator: \.isNewline).map(String.init)
        let message = lines.first.map { String($0.trimmingPrefix("error: ")) }
        return .failure(
            Failure(
                result.ending == .exited(1) ? .failed : .environment,
                message ?? "the rebuild ended with \(result.ending) and said nothing",
                details: lines.dropFirst().suffix(20).compactMap { lasting($0, of: home) }
                    .map { String($0.prefix(200)) }))
    }

    /// What a failed rebuild said, once its home is gone: the log that it names is kept in ours,
    /// and nobody is sent to its sandbox.
    private func lasting(_ line: String, of home: FilePath) -> String? {
        guard !line.contains("lapidary shell ") else { return nil }
        let logs = Home(home).logs
        guard let range = line.range(of: logs.string + "/") else { return line }
        let name = String(line[range.upperBound...])
        guard FilePath.Component(name) != nil,
            let log = try? Files.readBytes(logs.appending(name))
        else { return line }
        let copy = context.home.logs.appending("rebuild-\(name)")
        do {
            try Files.createDirectory(context.home.logs)
            try Files.write(log, to: copy)
        } catch {
            return line
        }
        return line.replacingCharacters(in: range.lowerBound..., with: copy.string)
    }
}

extension Action {
    /// Whether it runs programs that are linked with a variant's allocator.
    var hasAllocator: Bool {
        inputs.keys.contains { $0.hasPrefix("\(PackageOperation.libraries)/") }
    }

    /// Whether it is a download, a root or a compilation.
    var isBeforeDeriving: Bool {
        switch operation {
        case .fetch, .root: true
        case .steps(let steps): steps.outputs.keys.contains("tree")
        case .package, .smoke, .check, .evidence: false
        }
    }
}
