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
    private let architecture: String

    /// - Parameters:
    ///   - store: receives the archives.
    ///   - runner: runs curl and apt.
    ///   - mirror: finds the Debian mirror; asked only when a Debian source is missing.
    ///   - protocols: what upstream addresses may be.
    ///   - architecture: this machine's Debian architecture.
    ///   - limits: when to give up a download.
    ///   - sleep: waits between the attempts of a download.
    package init(
        store: ArtifactStore, runner: any CommandRunner,
        mirror: @escaping @Sendable () async throws -> Mirror, protocols: Downloader.Protocols,
        architecture: String, limits: Downloader.Limits = .init(),
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        self.store = store
        self.runner = runner
        self.mirror = mirror
        downloader = Downloader(
            folder: store.home.downloads, runner: runner, protocols: protocols, limits: limits,
            sleep: sleep)
        self.architecture = architecture
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
        switch source.origin {
        case .debian(let suite, let package, let version, let file):
            return try await TemporaryDirectory.with(in: store.home.temporary, name: "fetch") {
                try await fetchDebian(suite: suite, package: "\(package)=\(version)", in: $0)
                let found = $0.appending("downloads").appending(file)
                guard Files.exists(found) else {
                    throw Failure(
                        .environment,
                        "the Debian source \(package) \(version) of \(suite) has no file `\(file)`",
                        hint: "check `file` of the source in the recipe")
                }
                return try store.adopt(found, expecting: source.sha256, name: file)
            }
        case .upstream(let addresses):
            let file = try await downloader.download(
                Downloader.Wanted(
                    name: source.fileName, addresses: addresses, sha256: source.sha256,
                    size: source.size), events: events)
            return try store.adopt(file, expecting: source.sha256, name: source.fileName)
        }
    }

    private func fetchDebian(suite: String, package: String, in folder: FilePath) async throws {
        let archive = PrivateApt.Archive(
            address: try await mirror().archive, suite: suite, components: ["main"], isSource: true)
        let apt = try await PrivateApt(
            folder: folder, archives: [archive], architecture: architecture,
            keyring: "debian-archive-keyring.gpg", runner: runner)
        _ = try await apt.output(
            of: "apt-get", ["source", "--download-only", "--tar-only", package],
            purpose: "download the source \(package) of \(suite)",
            hint: "the mirror may have moved on to another version of the source package")
    }
}
