import Diagnostics
import Digest
import HostSystem
import Lock
import Planning
import Provisioning
import Sandbox
import Store
import SystemPackage

/// One action while it runs: its inputs by digest, its log, and the tools it may use.
struct ActionRun: Sendable {
    let id: ActionID
    let inputs: [String: SHA256Digest]
    let log: FilePath
    let tools: Executor.Tools
    /// Where its makes get more job slots; nil when it has none.
    var pipe: JobPipe?

    /// What an action made.
    struct Product: Sendable {
        let outputs: [String: ActionResult.Output]
        /// Whether all that was tried went well.
        var passed = true
        /// Whether the result may stand for the action from now on.
        var isRecorded = true
    }

    /// Does the work and leaves the outputs in the store.
    func perform(_ operation: Operation) async throws -> Product {
        switch operation {
        case .fetch(let source):
            return Product(outputs: ["source": output(try await fetch(source))])
        case .root(let root):
            return Product(outputs: ["root": output(try await assemble(root))])
        case .steps(let program):
            return Product(outputs: try await StepsRunner(run: self).perform(program))
        case .package(let package):
            let deb = try await PackageRunner(run: self).perform(package)
            return Product(outputs: ["deb": output(deb)])
        case .evidence(let evidence):
            return Product(outputs: try await EvidenceRunner(run: self).perform(evidence))
        case .smoke(let smoke):
            let (report, file) = try await SmokeRunner(run: self).perform(smoke)
            return Product(
                outputs: ["report": output(file)], passed: report.failed.isEmpty,
                isRecorded: report.failed.isEmpty && smoke.scope == .whole)
        case .check(let check):
            let report = try await CheckRunner(run: self).perform(check)
            return Product(outputs: ["report": output(report)])
        }
    }

    /// Where the action's programs run.
    var sandbox: BubblewrapSandbox {
        let hasAllocator = inputs.keys.contains { $0.hasPrefix("\(PackageOperation.libraries)/") }
        return hasAllocator ? tools.sandboxForAllocators : tools.sandbox
    }

    func output(_ digests: FileDigests) -> ActionResult.Output {
        ActionResult.Output(sha256: digests.sha256, size: digests.size)
    }

    func step(_ title: String) {
        tools.events(.step(id, title))
    }

    /// The unpacked tree of the action's root.
    func rootTree() throws -> FilePath {
        tools.roots.tree(of: try digest("root"))
    }

    func digest(_ input: String) throws -> SHA256Digest {
        guard let digest = inputs[input] else {
            throw Failure(.internalError, "`\(id)` has no input `\(input)`")
        }
        return digest
    }

    /// The stored file of an input, hashed again before use.
    func file(_ input: String) throws -> FilePath {
        guard let path = try tools.store.verified(try digest(input)) else {
            throw Failure(
                .integrity, "the input `\(input)` of `\(id)` is not in the store",
                hint: "run `lapidary build` again to make it")
        }
        return path
    }

    /// Links every input but the root into a folder that a sandbox may see at /inputs.
    func exposeInputs(in folder: FilePath) throws {
        for name in inputs.keys.sorted() where name != "root" {
            let destination = folder.pushing(FilePath(name))
            try Files.createDirectory(destination.removingLastComponent())
            try Files.linkOrCopy(try file(name), to: destination)
        }
    }

    /// A failure that shows the end of the log and names it.
    func failure(_ message: String, hint: String? = nil) throws -> Failure {
        Failure(
            .failed, message, details: try LogTail.lines(of: log) + ["the whole log: \(log)"],
            hint: hint)
    }

    private func fetch(_ source: FetchOperation) async throws -> FileDigests {
        if let path = try tools.store.verified(source.sha256) { return try FileDigests(of: path) }
        try DiskSpace.require(
            source.size, at: tools.store.home.temporary, purpose: "to fetch \(source.fileName)")
        return try await tools.fetcher.fetch(source) { event in
            switch event {
            case .received(let count, let size):
                tools.events(.progress(id, done: count, of: size))
            case .waiting(let pause, let reason):
                step("waiting \(pause.components.seconds) s: \(reason)")
                try? Files.append("\(reason)\n", to: log)
            }
        }
    }

    private func assemble(_ root: RootOperation) async throws -> FileDigests {
        let set = tools.packageSets.first {
            $0.suite == root.suite && $0.architecture == root.architecture
        }
        guard let set else {
            throw Failure(.internalError, "no package set of \(root.suite)/\(root.architecture)")
        }
        return try await tools.roots.assemble(
            set, baseOnly: root.baseOnly, epoch: root.epoch, log: log)
    }
}
