import Diagnostics
import Digest
import Execution
import Foundation
import HostSystem
import Lock
import Planning
package import Recipe
import Store
package import SystemPackage

/// What `cache export` wrote.
package struct CacheExport: Sendable, Hashable {
    package let file: FilePath
    /// Bytes of the archive.
    package let size: Int64
    /// Sources and packages that went in.
    package let inputs: Int
    /// Results that went in.
    package let results: Int
}

/// Packs what a selection's build needs, for a machine without network: the job behind
/// `cache export`.
package struct CacheExporter: Sendable {
    private let context: Context
    private var store: ArtifactStore { context.store }

    package init(context: Context) {
        self.context = context
    }

    /// Writes an archive; the same home, lock and selection give the same bytes.
    ///
    /// - Parameters:
    ///   - selections: what shall be built elsewhere; none means what the project file or the
    ///     defaults say.
    ///   - output: the archive; one that is there is replaced when the new one is whole.
    ///   - inputsOnly: whether results are left out, so that everything is made there.
    /// - Returns: what went in.
    /// - Throws: `Failure` of kind `environment` when the home lacks an input or there is no room,
    ///   `integrity` for a damaged file or an edited lock, `usage` for a wrong selection or output.
    package func run(_ selections: [Selection], to output: FilePath, inputsOnly: Bool) async throws
        -> CacheExport
    {
        try refuse(output)
        try CacheArchive.requirePrograms()
        let catalog = try ProjectLoader.catalog(of: context.project)
        let cells = try CellSelection.cells(
            of: selections, in: catalog, host: context.host,
            allowsUnverified: context.allowsUnverified)
        let pins = try Pins(cells, of: catalog, context: context)
        if let note = pins.note { context.events(.note(note)) }
        let packageSets = PackageSets(context: context)
        return try await context.exclusively("lapidary cache export") {
            let sets = try packageSets.known(for: pins.cells, lock: pins.lock)
            let records = try packageSets.records(for: pins.cells, lock: pins.lock)
            let inputs = try inputs(of: pins, sets)
            var results: [(key: SHA256Digest, result: ActionResult)] = []
            if !inputsOnly {
                let plan = try Planner(catalog: catalog, packageSets: sets, lock: pins.lock)
                    .plan(pins.cells, goal: .smokedPackages)
                // An unpacked root is made again from its packages, with the same digest.
                results = try PlanInspector(store: store).finished(plan).filter { _, result in
                    result.outputs.values.allSatisfy { store.contains($0.sha256) }
                }
            }
            let size = try await pack(inputs, records, results, to: output)
            return CacheExport(
                file: output, size: size, inputs: inputs.count, results: results.count)
        }
    }

    private func refuse(_ output: FilePath) throws {
        guard Files.isDirectory(output.removingLastComponent()) else {
            throw Failure(
                .usage, "there is no folder `\(output.removingLastComponent())` for the archive",
                hint: "make it, or name another file with --output")
        }
        let kind = FileTree.kind(of: output)
        guard kind == nil || kind == .file else {
            throw Failure(
                .usage, "`\(output)` is no plain file",
                hint: "name the archive's file with --output")
        }
    }

    /// The sources and Debian packages, each once.
    private func inputs(of pins: Pins, _ sets: [PackageSet]) throws -> Set<SHA256Digest> {
        let sources = pins.cells.map { ($0.release.source.fileName, $0.release.source.sha256) }
        let members = pins.packages + sets.flatMap { $0.members + $0.additions.flatMap(\.members) }
        let all = sources + members.map { ($0.fileName, $0.sha256) }
        var seen: Set<SHA256Digest> = []
        let missing = all.filter { seen.insert($0.1).inserted && !store.contains($0.1) }
        guard missing.isEmpty else {
            let count = missing.count
            throw Failure(
                .environment,
                "the home lacks \(count) file\(count == 1 ? "" : "s") that the build needs",
                details: missing.map { "\($0.0) sha256 \($0.1)" },
                hint: "build here once, then export")
        }
        return seen
    }

    private func pack(
        _ inputs: Set<SHA256Digest>, _ records: [FilePath],
        _ results: [(key: SHA256Digest, result: ActionResult)], to output: FilePath
    ) async throws -> Int64 {
        try await TemporaryDirectory.with(in: context.home.temporary, name: "export") { folder in
            let tree = folder.appending("tree")
            func place(_ member: CacheArchive.Member) throws -> FilePath {
                let path = tree.pushing(FilePath(member.name))
                try Files.createDirectory(path.removingLastComponent())
                return path
            }
            var files: [CacheArchive.Manifest.File] = []
            func add(_ member: CacheArchive.Member, _ bytes: [UInt8]) throws {
                try Files.write(bytes, to: place(member))
                files.append(
                    CacheArchive.Manifest.File(
                        name: member.name, sha256: SHA256Digest(of: bytes),
                        size: Int64(bytes.count)))
            }
            let outputs = results.flatMap { $0.result.outputs.values.map(\.sha256) }
            for digest in inputs.union(outputs) {
                try Task.checkCancellation()
                // Damaged bytes are found here, not where nobody can fetch them again.
                guard let stored = try store.verified(digest) else {
                    throw Failure(.internalError, "the store has lost \(digest) under the lock")
                }
                try Files.linkOrCopy(stored, to: place(.blob(digest)))
                files.append(
                    CacheArchive.Manifest.File(
                        name: CacheArchive.Member.blob(digest).name, sha256: digest,
                        size: try Files.size(of: stored)))
            }
            for record in records {
                guard let name = record.lastComponent?.string else { continue }
                try add(.packageSet(name), try Files.readBytes(record))
            }
            for (key, result) in results {
                try add(.result(key), try ActionResults.text(of: result))
            }
            files.sort { $0.name < $1.name }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let manifest = CacheArchive.Manifest(
                schema: CacheArchive.Manifest.currentSchema, files: files)
            try Files.write(Array(try encoder.encode(manifest)), to: place(.manifest))
            let list = folder.appending("list")
            let names = [CacheArchive.Member.manifest.name] + files.map(\.name)
            try Files.write(names.map { "\($0)\0" }.joined(), to: list)
            let bytes = DiskSpace.size(files.reduce(0) { $0 + $1.size })
            context.events(.note("packing \(files.count) files, \(bytes) before compression"))
            return try await write(tree, list, to: output)
        }
    }

    /// An archive appears whole or not at all.
    private func write(_ tree: FilePath, _ list: FilePath, to output: FilePath) async throws
        -> Int64
    {
        let process = ProcessInfo.processInfo.processIdentifier
        let partial = output.removingLastComponent()
            .appending(".\(output.lastComponent?.string ?? "cache").\(process).partial")
        do {
            _ = try await context.runner.output(
                of: CacheArchive.packing(tree, list: list, into: partial),
                purpose: "write the archive `\(output)`")
            try Files.move(partial, to: output)
            return try Files.size(of: output)
        } catch {
            let error = DiskSpace.explaining(error, at: output.removingLastComponent())
            try? Files.remove(partial)
            throw error
        }
    }
}
