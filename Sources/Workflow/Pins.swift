import Diagnostics
import Digest
import HostSystem
import Lock
import Provisioning
import Recipe
import Store

/// What the lock decides of a build, and what it leaves open.
struct Pins: Sendable {
    /// The cells with their locked sources and revisions.
    let cells: [Cell]
    /// The lock to take packages from; nil where the build goes without.
    let lock: ProjectLock?
    /// What people should hear of it.
    let note: String?

    /// Looks at the project's lock before any work is done.
    ///
    /// - Throws: `Failure` of kind `integrity` for a lock that was edited, and under `--locked` for
    ///   one that does not decide everything.
    init(_ cells: [Cell], of catalog: Catalog, context: Context) throws {
        if context.isLocked, context.refreshes {
            throw Failure(
                .usage, "--refresh goes around the lock, which --locked forbids",
                hint: "move the lock on with `lapidary pin update`")
        }
        guard let lock = try LockFile.read(of: context.project) else {
            if context.isLocked { throw LockFile.missing }
            self.cells = cells
            self.lock = nil
            note =
                "nothing is pinned; `lapidary pin update` writes a lock, so that builds repeat"
                + " everywhere"
            return
        }
        let gaps = lock.gaps(of: LockScope(cells), in: catalog)
        if context.isLocked, let first = gaps.first {
            throw Failure(
                .integrity, "`\(ProjectLock.path)` does not decide this build: \(first)",
                details: gaps.dropFirst().map(\.description),
                hint: "move it on with `lapidary pin update`, or build without --locked")
        }
        self.cells = cells.map(lock.pinned)
        self.lock = context.refreshes ? nil : lock
        note =
            context.refreshes
            ? "--refresh goes around `\(ProjectLock.path)`; `lapidary pin update` moves it on"
            : gaps.first.map { gap in
                let more = gaps.count > 1 ? " (and \(gaps.count - 1) more)" : ""
                return "`\(ProjectLock.path)` is stale: \(gap)\(more); `lapidary pin update`"
                    + " moves it on"
            }
    }

    /// Every Debian package that the lock names for the cells.
    var packages: [PackageSet.Member] {
        let scope = LockScope(cells)
        return scope.platforms.flatMap { platform in
            let set = lock?.packageSet(of: platform, variants: scope.variants)
            return (set?.members ?? []) + (set?.additions.flatMap(\.members) ?? [])
        }
    }

    /// Under `--offline`: fails with every file that would have to be downloaded.
    func requireFiles(in store: ArtifactStore, runner: any CommandRunner) throws {
        let sources = LockScope(cells).rubies.map(\.release.source).filter {
            !store.contains($0.sha256)
        }
        let files =
            sources.map { "\($0.fileName) sha256 \($0.sha256)" }
            + LockedPackages(store: store, runner: runner).missing(packages).map {
                "\($0.fileName) sha256 \($0.sha256)"
            }
        guard !files.isEmpty else { return }
        throw Failure(
            .environment,
            "--offline forbids downloading, and the store lacks \(files.count)"
                + " file\(files.count == 1 ? "" : "s")", details: files,
            hint: "run it once without --offline, or bring them along with `lapidary cache export`"
                + " from a home that built from this lock")
    }
}
