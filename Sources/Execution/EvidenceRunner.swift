import Debian
import Diagnostics
import Digest
import Evidence
import Foundation
import HostSystem
import Lock
import Planning
import Sandbox
import Store
import SystemPackage

/// Writes the texts that lie beside a .deb, out of the plan and of what is in the .deb itself.
struct EvidenceRunner: Sendable {
    let run: ActionRun

    /// Much more than the list of a tree with some hundred gems.
    private static let longestList: Int64 = 4 << 20

    /// - Returns: the texts by the raw value of their kind.
    func perform(_ operation: EvidenceOperation) async throws -> [String: ActionResult.Output] {
        let facts = try PlanFacts(operation)
        return try await run.inWorkspace("evidence", mayBeInMemory: true) { workspace in
            try await StepsRunner(run: run).perform(
                operation.preparation, environment: operation.environment, in: workspace)
            run.step("write evidence")
            let texts = try texts(operation, facts, in: workspace)
            var outputs: [String: ActionResult.Output] = [:]
            for (kind, bytes) in texts {
                let name = kind.fileName(of: facts.package.fileName)
                let file = workspace.folder.appending(name)
                try Files.write(bytes, to: file)
                outputs[kind.rawValue] = run.output(try run.tools.store.adopt(file, name: name))
            }
            return outputs
        }
    }

    private func texts(
        _ operation: EvidenceOperation, _ facts: PlanFacts, in workspace: Workspace
    ) throws -> [EvidenceKind: [UInt8]] {
        let deb = try describe(facts.package, in: workspace)
        let inventory =
            facts.package.debugSymbolsOf == nil
            ? try Inventory(
                json: Data(try output(EvidenceOperation.inventory, in: workspace)),
                release: operation.release) : nil
        let root = operation.plan.packageSets.flatMap(\.members)
        let buildinfo = try BuildInfo(
            deb: deb, origin: facts.package.vendor, date: UTCDate(seconds: facts.package.epoch),
            installed: root + operation.additions,
            environment: BubblewrapSandbox.baseEnvironment.merging(facts.environment) { $1 }
        ).text()
        var texts: [EvidenceKind: [UInt8]] = [
            .buildinfo: Array(buildinfo.utf8),
            .sbom: try BillOfMaterials(
                deb: deb, operation: facts.package, evidence: operation, source: facts.source,
                inventory: inventory
            ).bytes(),
        ]
        let beside = [EvidenceKind.buildinfo, .sbom].map { kind in
            Statement.Subject(
                name: kind.fileName(of: deb.fileName),
                digest: .init(sha256: SHA256Digest(of: texts[kind] ?? [])))
        }
        var files: [String: [UInt8]] = [:]
        for file in operation.projectFiles {
            files[file.path] = try Files.readBytes(try run.file(file.path))
        }
        texts[.provenance] = try Provenance(
            evidence: operation, operation: facts.package, source: facts.source,
            subjects: [Statement.Subject(name: deb.fileName, digest: .init(sha256: deb.sha256))]
                + beside, files: files
        ).bytes()
        return texts
    }

    private func describe(_ package: PackageOperation, in workspace: Workspace) throws
        -> DebDescription
    {
        let file = try run.file("deb")
        let digests = try FileDigests(of: file)
        let control = try ControlStanza.parse(
            String(
                decoding: try output("\(EvidenceOperation.control)/control", in: workspace),
                as: UTF8.self), source: package.fileName)
        return DebDescription(
            fileName: package.fileName, size: digests.size, md5: try FileDigests.md5(of: file),
            sha1: try FileDigests.sha1(of: file), sha256: digests.sha256, control: control)
    }

    /// What a program in the sandbox left: a plain file of bounded size, never a link.
    private func output(_ name: String, in workspace: Workspace) throws -> [UInt8] {
        let path = workspace.outputs.pushing(FilePath(name))
        guard FileTree.isPlainFile(name, below: workspace.outputs),
            try Files.size(of: path) <= Self.longestList
        else { throw try run.failure("`\(run.id)` made no file `\(name)`") }
        return try Files.readBytes(path)
    }
}

/// What the plan of a package says about it.
private struct PlanFacts {
    let package: PackageOperation
    let source: FetchOperation
    /// What the programs were given that compiled and derived.
    let environment: [String: String]

    init(_ operation: EvidenceOperation) throws {
        var package: PackageOperation?
        var source: FetchOperation?
        var environment: [String: String] = [:]
        for action in operation.plan.actions {
            switch action.operation {
            case .package(let made) where action.id == operation.goal: package = made
            case .fetch(let fetched): source = fetched
            case .steps(let steps): environment.merge(steps.environment) { $1 }
            default: continue
            }
        }
        guard let package, let source else {
            throw Failure(
                .internalError, "the plan of `\(operation.goal)` makes no package of a source")
        }
        self.package = package
        self.source = source
        self.environment = environment
    }
}
