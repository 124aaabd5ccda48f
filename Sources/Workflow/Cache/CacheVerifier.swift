import Debian
package import Diagnostics
import Digest
import Execution
import Foundation
import HostSystem
import Planning
import Provisioning
import Store
import SystemPackage

/// What `cache verify` found.
package struct CacheCheck: Sendable, Hashable {
    /// Files whose bytes were digested again.
    package var files = 0
    package var roots = 0
    package var results = 0
    /// A sentence for each thing that was damaged, and what became of it.
    package var damages: [String] = []

    /// Why the command fails; nil when everything is whole.
    package var failure: Failure? {
        guard !damages.isEmpty else { return nil }
        let count = damages.count
        return Failure(
            .integrity,
            "\(count) thing\(count == 1 ? "" : "s") in the home \(count == 1 ? "was" : "were")"
                + " damaged", details: damages,
            hint: "the next build makes or fetches what was dropped; where it happens again, look"
                + " at the disk")
    }
}

/// Digests everything that is kept in a home again, and drops what is damaged: the job behind
/// `cache verify`.
package struct CacheVerifier: Sendable {
    private let context: Context
    private var store: ArtifactStore { context.store }

    package init(context: Context) {
        self.context = context
    }

    /// Looks at every file, root and record.
    ///
    /// - Returns: what was looked at, and what was damaged.
    /// - Throws: `Failure` of kind `environment` when something cannot be read.
    package func run() async throws -> CacheCheck {
        guard Files.isDirectory(context.home.path) else { return CacheCheck() }
        return try await context.exclusively("lapidary cache verify") {
            var check = CacheCheck()
            try checkFiles(&check)
            try await checkRoots(&check)
            // After the files, for a result counts only with its outputs.
            try checkResults(&check)
            try checkPackageSets(&check)
            return check
        }
    }

    private func checkFiles(_ check: inout CacheCheck) throws {
        for prefix in try Files.names(in: context.home.blobs) {
            let folder = context.home.blobs.appending(prefix)
            guard Files.isDirectory(folder) else {
                try drop(folder, "is no file of the store", &check)
                continue
            }
            for name in try Files.names(in: folder) {
                try Task.checkCancellation()
                let path = folder.appending(name)
                check.files += 1
                guard let digest = SHA256Digest(hex: name), name.hasPrefix(prefix),
                    prefix.utf8.count == 2, FileTree.kind(of: path) == .file
                else {
                    try drop(path, "is no file of the store", &check)
                    continue
                }
                let found = try FileDigests(of: path).sha256
                guard found != digest else { continue }
                try drop(
                    path, "was damaged: expected sha256 \(digest), found \(found)", &check)
            }
        }
    }

    private func checkRoots(_ check: inout CacheCheck) async throws {
        let roots = RootAssembler(store: store, runner: context.runner)
        for root in try store.roots() {
            check.roots += 1
            context.events(.note("digesting the root \(root.hex.prefix(12))"))
            let found = try await roots.digest(ofKept: root, epoch: Planner.rootEpoch)
            guard found != root else { continue }
            let tree = store.tree(of: root)
            let sentence = "the root `\(tree)` was changed: expected sha256 \(root), found \(found)"
            guard
                let doomed = try FolderUse.takeUnlessUsed(tree, into: context.home.temporary)
            else {
                check.damages.append("\(sentence); it stays, as a `lapidary shell` is inside")
                continue
            }
            try await Files.removeTree(doomed)
            check.damages.append("\(sentence); it was dropped")
        }
    }

    private func checkResults(_ check: inout CacheCheck) throws {
        let results = ActionResults(store: store)
        for key in try results.keys() {
            check.results += 1
            let path = results.path(for: key)
            guard let result = results.record(for: key) else {
                try drop(path, "cannot be read as a result", &check)
                continue
            }
            for (name, output) in result.outputs.sorted(by: { $0.key < $1.key }) {
                if !store.has(output.sha256) {
                    try drop(
                        path,
                        "(`\(result.action)`) has lost its output `\(name)`, sha256"
                            + " \(output.sha256)", &check)
                    break
                }
                // A root's size is that of its tar.
                let file = store.path(of: output.sha256)
                if Files.exists(file), try Files.size(of: file) != output.size {
                    try drop(
                        path, "(`\(result.action)`) has another size for its output `\(name)`",
                        &check)
                    break
                }
            }
        }
    }

    private func checkPackageSets(_ check: inout CacheCheck) throws {
        let home = context.home
        for name in try PackageSetRecord.names(in: home) {
            let path = home.packageSets.appending(name)
            guard PackageSetRecord(name: name, text: try Files.readBytes(path)) == nil else {
                continue
            }
            try drop(path, "cannot be read as a package set", &check)
        }
        guard Files.isDirectory(home.packageControl) else { return }
        for name in try Files.names(in: home.packageControl) {
            let path = home.packageControl.appending(name)
            let stanza = try? ControlStanza.parse(Files.readText(path), source: name)
            guard stanza?["SHA256"] != name else { continue }
            try drop(path, "is no control data of that package", &check)
        }
    }

    private func drop(_ path: FilePath, _ problem: String, _ check: inout CacheCheck) throws {
        try Files.remove(path)
        check.damages.append("`\(path)` \(problem); it was dropped")
    }
}
