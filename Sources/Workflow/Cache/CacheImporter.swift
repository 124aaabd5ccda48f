import Diagnostics
import Digest
import Execution
import Foundation
import HostSystem
import Lock
import Provisioning
import Store
package import SystemPackage

/// What `cache import` took.
package struct CacheImport: Sendable, Hashable {
    /// Files of the store that the archive has.
    package var files = 0
    /// Those among them that the home did not have.
    package var newFiles = 0
    /// Results that the home did not have.
    package var newResults = 0
    /// Package sets that the home did not have.
    package var newPackageSets = 0
}

/// Takes what `cache export` packed elsewhere into a home: the job behind `cache import`.
///
/// No name and no byte is trusted: the listing is judged before anything is unpacked, what was
/// unpacked is judged again, and everything is digested before the first file enters. Files enter
/// first and results last, so that whoever is killed in between leaves a home that claims nothing
/// it has not. That a result belongs to its key is the word of whoever exported it.
package struct CacheImporter: Sendable {
    private let context: Context
    private var store: ArtifactStore { context.store }

    package init(context: Context) {
        self.context = context
    }

    /// What was unpacked and found to be what it says.
    private struct Judged {
        let tree: FilePath
        var blobs: [SHA256Digest: Int64] = [:]
        var results: [(key: SHA256Digest, result: ActionResult)] = []
        var packageSets: [PackageSetRecord] = []
    }

    /// Takes an archive.
    ///
    /// - Parameters:
    ///   - file: the archive.
    ///   - inputsOnly: whether only sources and packages are taken, which count by the digests of
    ///     whoever builds.
    /// - Returns: what was new.
    /// - Throws: `Failure` of kind `integrity` for an archive that is not as it was exported,
    ///   `environment` without room or tar, `usage` when there is no such file.
    package func run(_ file: FilePath, inputsOnly: Bool) async throws -> CacheImport {
        guard FileTree.kind(of: file) == .file else {
            throw Failure(
                .usage, "there is no file `\(file)`",
                hint: "name an archive that `lapidary cache export` wrote")
        }
        try CacheArchive.requirePrograms()
        return try await context.exclusively("lapidary cache import") {
            try await TemporaryDirectory.with(in: context.home.temporary, name: "import") {
                folder in
                let names = try await list(file, for: folder)
                let tree = folder.appending("tree")
                try Files.createDirectory(tree)
                _ = try await context.runner.output(
                    of: CacheArchive.unpacking(file, into: tree),
                    purpose: "unpack the archive `\(file)`")
                let judged = try judge(tree, names, of: file)
                return try await enter(judged, inputsOnly: inputsOnly, of: file)
            }
        }
    }

    private func refused(_ file: FilePath, _ reason: String) -> Failure {
        Failure(
            .integrity, "the archive `\(file)` is refused: \(reason)",
            hint: "get it anew from where `lapidary cache export` wrote it")
    }

    /// The names in an archive, all of them expected, of plain files that there is room for.
    private func list(_ file: FilePath, for folder: FilePath) async throws -> Set<String> {
        let listing = folder.appending("listing")
        let result = try await context.runner.capture(
            CacheArchive.listing(file, into: listing))
        guard result.succeeded else {
            let words = result.standardError.split(whereSeparator: \.isNewline).first
            throw refused(
                file, "it cannot be read to its end: \(words ?? "tar ended with \(result.ending)")")
        }
        var names: Set<String> = []
        var total: Int64 = 0
        for line in try Files.readText(listing).split(separator: "\n") {
            guard let entry = ArchiveEntry(line: line) else {
                throw refused(file, "tar lists it as `\(line.prefix(200))`")
            }
            let name = entry.name.shown
            guard entry.name.isText, let member = CacheArchive.Member(name: entry.name.text) else {
                throw refused(file, "`\(name)` is no file of an exported cache")
            }
            guard entry.kind == .file else { throw refused(file, "`\(name)` is no plain file") }
            guard names.insert(entry.name.text).inserted else {
                throw refused(file, "it has `\(name)` twice")
            }
            let (sum, isTooMuch) = total.addingReportingOverflow(entry.size)
            guard !isTooMuch, entry.size <= member.sizeLimit else {
                throw refused(file, "`\(name)` is too large")
            }
            total = sum
        }
        guard names.contains(CacheArchive.Member.manifest.name) else {
            throw refused(file, "it has no list of its files, `lapidary-cache.json`")
        }
        try DiskSpace.require(total, at: folder, purpose: "to unpack `\(file)`")
        return names
    }

    /// Compares what was unpacked with what the archive says of itself, byte by byte.
    private func judge(_ tree: FilePath, _ names: Set<String>, of file: FilePath) throws -> Judged {
        var unpacked: Set<String> = []
        for entry in try FileTree.entries(below: tree) where entry.kind != .folder {
            guard entry.kind == .file, !entry.isFurtherHardLink else {
                throw refused(file, "`\(entry.path)` is no plain file")
            }
            unpacked.insert(entry.path)
        }
        guard unpacked == names else { throw refused(file, "it changed while it was read") }
        let manifest = try manifest(in: tree, of: file)
        let listed = Set(manifest.files.map(\.name) + [CacheArchive.Member.manifest.name])
        if let missing = listed.subtracting(names).min() {
            throw refused(file, "it lacks `\(missing)`")
        }
        if let extra = names.subtracting(listed).min() {
            throw refused(file, "it has `\(extra)`, which its list does not name")
        }
        var judged = Judged(tree: tree)
        for expected in manifest.files {
            try Task.checkCancellation()
            let found = try FileDigests(of: tree.pushing(FilePath(expected.name)))
            guard found.sha256 == expected.sha256, found.size == expected.size else {
                throw refused(
                    file,
                    "`\(expected.name)` has other bytes: expected sha256 \(expected.sha256), found"
                        + " \(found.sha256)")
            }
            if case .blob(let digest) = CacheArchive.Member(name: expected.name) {
                guard digest == found.sha256 else {
                    throw refused(
                        file, "`\(expected.name)` has other bytes: its sha256 is \(found.sha256)")
                }
                judged.blobs[digest] = found.size
            }
        }
        for name in manifest.files.map(\.name) {
            let path = tree.pushing(FilePath(name))
            switch CacheArchive.Member(name: name) {
            case .result(let key):
                judged.results.append((key, try result(in: path, name, judged, of: file)))
            case .packageSet(let record):
                judged.packageSets.append(try packageSet(record, in: path, judged, of: file))
            case .blob, .manifest, nil: break
            }
        }
        return judged
    }

    private func manifest(in tree: FilePath, of file: FilePath) throws -> CacheArchive.Manifest {
        struct Version: Decodable { let schema: Int }
        let name = CacheArchive.Member.manifest.name
        let bytes = Data(try Files.readBytes(tree.appending(name)))
        let current = CacheArchive.Manifest.currentSchema
        if let version = try? JSONDecoder().decode(Version.self, from: bytes).schema,
            version != current
        {
            throw refused(
                file, "it has the format \(version), and this Lapidary reads \(current)")
        }
        guard let manifest = try? JSONDecoder().decode(CacheArchive.Manifest.self, from: bytes)
        else { throw refused(file, "its list of files, `\(name)`, cannot be read") }
        return manifest
    }

    private func result(
        in path: FilePath, _ name: String, _ judged: Judged, of file: FilePath
    ) throws -> ActionResult {
        let bytes = try Files.readBytes(path)
        guard let result = try? JSONDecoder().decode(ActionResult.self, from: Data(bytes)),
            result.seconds.isFinite, result.seconds >= 0, !result.outputs.isEmpty,
            // These words are shown to people.
            ([result.action] + result.outputs.keys + (result.inputs ?? [:]).keys).allSatisfy({
                $0.utf8.count <= 1000 && $0.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            })
        else { throw refused(file, "`\(name)` is no result") }
        for (output, made) in result.outputs.sorted(by: { $0.key < $1.key }) {
            guard judged.blobs[made.sha256] == made.size else {
                throw refused(
                    file,
                    "`\(name)` is a result without its output `\(output)`, sha256"
                        + " \(made.sha256)")
            }
        }
        return result
    }

    private func packageSet(
        _ name: String, in path: FilePath, _ judged: Judged, of file: FilePath
    ) throws -> PackageSetRecord {
        guard let record = PackageSetRecord(name: name, text: try Files.readBytes(path)) else {
            throw refused(file, "`package-sets/\(name)` is no package set")
        }
        if let missing = record.packages.first(where: { judged.blobs[$0.sha256] != $0.size }) {
            throw refused(
                file,
                "`package-sets/\(name)` is a package set without its package"
                    + " \(missing.fileName), sha256 \(missing.sha256)")
        }
        return record
    }

    /// What a home has already stays as it is, but for a file of the store, which cannot differ.
    private func enter(_ judged: Judged, inputsOnly: Bool, of file: FilePath) async throws
        -> CacheImport
    {
        var taken = CacheImport()
        let made = Set(
            judged.results.map(\.result).filter { !$0.action.hasPrefix("fetch ") }
                .flatMap { $0.outputs.values.map(\.sha256) })
        for digest in judged.blobs.keys.sorted() where !inputsOnly || !made.contains(digest) {
            taken.files += 1
            if !store.contains(digest) { taken.newFiles += 1 }
            let name = CacheArchive.Member.blob(digest).name
            try store.adopt(
                judged.tree.pushing(FilePath(name)), expecting: digest, name: name)
        }
        guard !inputsOnly else { return taken }
        for record in judged.packageSets {
            let path = context.home.packageSets.appending(record.name)
            guard !Files.exists(path) else { continue }
            let control = ControlData(store: store, runner: context.runner)
            let members: [PackageSet.Member]
            do {
                // apt goes by these fields, so they are read from the packages themselves.
                members = try await control.describe(record.packages)
            } catch let failure as Failure where failure.kind == .integrity {
                throw refused(file, failure.message)
            }
            try Files.write(record.text(with: members), to: path)
            taken.newPackageSets += 1
        }
        let results = ActionResults(store: store)
        for (key, result) in judged.results where results.result(for: key) == nil {
            try results.record(result, for: key)
            taken.newResults += 1
        }
        return taken
    }
}
