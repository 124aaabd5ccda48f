import Diagnostics
import HostSystem
package import SystemPackage

/// The folder that holds everything Lapidary makes and keeps (`LAPIDARY_HOME`).
package struct Home: Sendable, Hashable {
    package let path: FilePath

    package init(_ path: FilePath) {
        self.path = path
    }

    /// Content-addressed files: sources, packages of roots, results of actions.
    package var blobs: FilePath { path.appending("blobs") }
    /// What each finished action made, by the action's key.
    package var results: FilePath { path.appending("results") }
    /// One log for each action, by its key.
    package var logs: FilePath { path.appending("logs") }
    /// What is known of actions that failed, and the newest of their workspaces.
    package var failures: FilePath { path.appending("failures") }
    /// What ccache keeps of compilations, by the digest of the root they ran in.
    package var compileCache: FilePath { path.appending("compile-cache") }
    /// Unpacked root file systems, by root digest.
    package var roots: FilePath { path.appending("roots") }
    /// Which Debian packages each root is made of, by suite and architecture.
    package var packageSets: FilePath { path.appending("package-sets") }
    /// What apt wants to know of locked packages, by the digests of their .debs.
    package var packageControl: FilePath { packageSets.appending("control") }
    /// The archive key; mode 0700, never bound into a sandbox.
    package var keys: FilePath { path.appending("keys") }
    /// Unfinished downloads of upstream sources, by the digest they shall have; they outlive a run.
    package var downloads: FilePath { path.appending("downloads") }
    /// Work in progress; emptied by the next run that holds the lock.
    package var temporary: FilePath { path.appending("tmp") }
    /// The .debs under their proper names, by suite.
    package var packages: FilePath { path.appending("packages") }
    /// Files that a verification made with other bytes, kept for a closer look.
    package var rebuilt: FilePath { path.appending("rebuilt") }
    /// The published repository, unless another folder is asked for.
    package var repository: FilePath { path.appending("repository") }

    /// Runs `body` as the only process that changes this home.
    ///
    /// - Parameters:
    ///   - holder: what this process is doing, shown to those who wait.
    ///   - wait: whether to wait for another process, or to fail at once.
    ///   - onWait: called once, with the other's words, before waiting begins.
    ///   - body: what to do.
    /// - Returns: what `body` returns.
    /// - Throws: `Failure` of kind `environment` when the home cannot be used, `usage` for a folder
    ///   that is something else.
    package func exclusively<Value>(
        holder: String, wait: Bool, onWait: @Sendable (String) -> Void,
        _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            try Files.createDirectory(path)
        } catch let failure as Failure {
            throw Failure(
                failure.kind, failure.message,
                hint: "choose a folder you may write to with --home or LAPIDARY_HOME")
        }
        try refuseForeignFolder()
        return try await FileLock(path.appending("lock")).with(
            holder: holder, wait: wait, onWait: onWait
        ) {
            try Files.createDirectory(keys, mode: 0o700)
            let folders = [
                blobs, results, logs, failures, roots, packageSets, packages, downloads,
            ]
            for folder in folders {
                try Files.createDirectory(folder)
            }
            // Under the lock nobody else works here, so all that is left is a killed run's.
            try await Files.removeTree(temporary)
            try Files.createDirectory(temporary, mode: 0o700)
            return try await body()
        }
    }

    /// Refuses a folder such as `/`, whose `tmp` is not ours to empty: every home has a lock first.
    private func refuseForeignFolder() throws {
        guard !Files.exists(path.appending("lock")), Files.isDirectory(temporary),
            try !Files.names(in: temporary).isEmpty
        else { return }
        throw Failure(
            .usage, "`\(path)` is no home of Lapidary: its `tmp` belongs to something else",
            hint: "choose an empty folder with --home or LAPIDARY_HOME")
    }
}
