import Diagnostics
package import Digest
package import HostSystem
package import Planning
package import Store
import SystemPackage

/// Brings source archives into the store; other bytes than the recipe's never enter it.
package struct SourceFetcher: Sendable {
    private let store: ArtifactStore
    private let runner: any CommandRunner
    private let mirror: @Sendable () async throws -> Mirror
    private let downloader: Downloader
    private let poolDownloader: Downloader
    private let architecture: String
    private let isOffline: Bool

    /// - Parameters:
    ///   - store: receives the archives.
    ///   - runner: runs curl and apt.
    ///   - mirror: finds the Debian mirror; asked only when a Debian source is missing.
    ///   - protocols: what upstream addresses may be.
    ///   - architecture: this machine's Debian architecture.
    ///   - isOffline: whether nothing may be downloaded.
    ///   - limits: when to give up a download.
    ///   - sleep: waits between the attempts of a download.
    package init(
        store: ArtifactStore, runner: any CommandRunner,
        mirror: @escaping @Sendable () async throws -> Mirror, protocols: Downloader.Protocols,
        architecture: String, isOffline: Bool = false, limits: Downloader.Limits = .init(),
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        self.store = store
        self.runner = runner
        self.mirror = mirror
        func downloader(_ protocols: Downloader.Protocols) -> Downloader {
            Downloader(
                folder: store.home.downloads, runner: runner, protocols: protocols, limits: limits,
                sleep: sleep)
        }
        self.downloader = downloader(protocols)
        // Debian's mirrors speak plain http: what they give counts by its digest, as ever.
        poolDownloader = downloader(.any)
        self.architecture = architecture
        self.isOffline = isOffline
    }

    /// Makes sure that the store has a source.
    ///
    /// - Parameters:
    ///   - source: what is wanted, and where it can be had.
    ///   - events: hears of a download's progress.
    /// - Returns: size and digest of the archive.
    /// - Throws: `Failure` of kind `integrity` for wrong bytes, `environment` when no mirror has
    ///   the file.
    package func fetch(
        _ source: FetchOperation, events: @escaping @Sendable (Downloader.Event) -> Void
    ) async throws -> FileDigests {
        if let stored = try store.verified(source.sha256) { return try FileDigests(of: stored) }
        guard !isOffline else {
            throw Failure(
                .environment,
                "the source \(source.fileName) is not in the store, and --offline forbids"
                    + " downloading it",
                hint: "run it once without --offline")
        }
        switch source.origin {
        case .debian(let suite, let package, let version, let file):
            let mirror = try await mirror()
            do {
                return try await download(
                    source, from: Self.poolAddresses(of: file, package: package, mirror: mirror),
                    by: poolDownloader, events: events)
            } catch let failure as Failure where failure.kind == .environment {
                // Where the mirror can be reached only as apt is set up to, apt reaches it.
                return try await fetchDebian(
                    "\(package)=\(version)", of: suite, file: file, source: source,
                    mirror: mirror, after: failure)
            }
        case .upstream(let addresses):
            return try await download(source, from: addresses, by: downloader, events: events)
        }
    }

    /// Where a source package's file lies on a Debian mirror.
    ///
    /// The layout is the archive's own: `pool/main/r/ruby3.3/`, and `pool/main/libf/libffi/` for
    /// names that begin with lib. Files stay there while any suite needs them, whatever has become
    /// of the suite's index; the recipe's digest vouches for the bytes.
    package static func poolAddresses(of file: String, package: String, mirror: Mirror) -> [String]
    {
        let folder = package.hasPrefix("lib") ? package.prefix(4) : package.prefix(1)
        return [mirror.archive, mirror.security].map {
            "\($0)/pool/main/\(folder)/\(package)/\(file)"
        }
    }

    private func download(
        _ source: FetchOperation, from addresses: [String], by downloader: Downloader,
        events: @escaping @Sendable (Downloader.Event) -> Void
    ) async throws -> FileDigests {
        let file = try await downloader.download(
            Downloader.Wanted(
                name: source.fileName, addresses: addresses, sha256: source.sha256,
                size: source.size), events: events)
        return try store.adopt(file, expecting: source.sha256, name: source.fileName)
    }

    private func fetchDebian(
        _ package: String, of suite: String, file: String, source: FetchOperation,
        mirror: Mirror, after failure: Failure
    ) async throws -> FileDigests {
        try await TemporaryDirectory.with(in: store.home.temporary, name: "fetch") { folder in
            do {
                let archive = PrivateApt.Archive(
                    address: mirror.archive, suite: suite, components: ["main"], isSource: true)
                let apt = try await PrivateApt(
                    folder: folder, archives: [archive], architecture: architecture,
                    keyring: "debian-archive-keyring.gpg", runner: runner)
                _ = try await apt.output(
                    of: "apt-get", ["source", "--download-only", "--tar-only", package],
                    purpose: "download the source \(package) of \(suite)")
            } catch let second as Failure {
                throw Failure(
                    second.kind, failure.message,
                    details: failure.details + ["with apt: \(second.message)"] + second.details,
                    hint: "check the network, or name another mirror with --mirror URL")
            }
            let found = folder.appending("downloads").appending(file)
            guard Files.exists(found) else {
                throw Failure(
                    .environment, "the Debian source \(package) of \(suite) has no file `\(file)`",
                    hint: "check `file` of the source in the recipe")
            }
            return try store.adopt(found, expecting: source.sha256, name: file)
        }
    }
}
