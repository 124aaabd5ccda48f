import Diagnostics
import Digest
package import HostSystem
package import Lock
package import Store
import SystemPackage

/// Brings the packages of a lock into the store, by their digests and their places in an archive.
///
/// No index of the archive is needed, which moves on; files stay in a pool while any suite has them.
package struct LockedPackages: Sendable {
    private let store: ArtifactStore
    private let downloader: Downloader

    /// How many packages are downloaded at once.
    private static let width = 4

    /// - Parameters:
    ///   - store: receives the packages.
    ///   - runner: runs curl.
    ///   - limits: when to give up a download.
    ///   - sleep: waits between attempts.
    package init(
        store: ArtifactStore, runner: any CommandRunner, limits: Downloader.Limits = .init(),
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        self.store = store
        // Debian's mirrors speak plain http: what they give counts by its digest, as ever.
        downloader = Downloader(
            folder: store.home.downloads, runner: runner, protocols: .any, limits: limits,
            sleep: sleep)
    }

    /// The packages that the store does not have, each once.
    package func missing(_ members: [PackageSet.Member]) -> [PackageSet.Member] {
        var seen: Set<SHA256Digest> = []
        return members.filter { !store.contains($0.sha256) && seen.insert($0.sha256).inserted }
    }

    /// Downloads what the store does not have.
    ///
    /// - Parameters:
    ///   - members: the packages.
    ///   - suite: the suite's name, for messages.
    ///   - mirror: where packages come from.
    /// - Throws: `Failure` of kind `integrity` for wrong bytes, `environment` when no archive has
    ///   a package.
    package func download(_ members: [PackageSet.Member], of suite: String, from mirror: Mirror)
        async throws
    {
        let missing = missing(members)
        guard !missing.isEmpty else { return }
        try DiskSpace.require(
            missing.reduce(0) { $0 + $1.size }, at: store.home.downloads,
            purpose: "to download the packages of \(suite)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            var rest = missing[...]
            for member in rest.prefix(Self.width) {
                group.addTask { try await download(member, from: mirror) }
            }
            rest = rest.dropFirst(Self.width)
            for try await _ in group {
                guard let member = rest.popFirst() else { continue }
                group.addTask { try await download(member, from: mirror) }
            }
        }
    }

    /// Where a package lies: in the main archive, or in that of security updates.
    package static func addresses(of member: PackageSet.Member, mirror: Mirror) -> [String] {
        guard let path = member.poolPath else { return [] }
        return [mirror.archive, mirror.security].map { "\($0)/\(path)" }
    }

    private func download(_ member: PackageSet.Member, from mirror: Mirror) async throws {
        let file: FilePath
        do {
            file = try await downloader.download(
                Downloader.Wanted(
                    name: member.fileName, addresses: Self.addresses(of: member, mirror: mirror),
                    sha256: member.sha256, size: member.size), events: { _ in })
        } catch let failure as Failure where failure.kind == .environment {
            throw Failure(
                .environment,
                "the locked package \(member.fileName) is neither in the store nor on the mirror",
                details: failure.details.isEmpty ? [failure.message] : failure.details,
                hint: "copy \(store.path(of: member.sha256)) from a machine that built from this"
                    + " lock, or move the lock on with `lapidary pin update`")
        }
        try store.adopt(file, expecting: member.sha256, name: member.fileName)
    }
}
