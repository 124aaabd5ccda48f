import Diagnostics
package import Digest
package import HostSystem
package import Planning
package import Store
import SystemPackage

/// Brings source archives into the store; other bytes than the recipe's never enter it.
package struct SourceFetcher: Sendable {
    /// Which addresses an upstream source may have.
    package enum Protocols: String, Sendable, Hashable {
        /// https alone, also after redirects.
        case secure = "=https"
        /// Plain http and local files too; only where a person asked for it.
        case any = "=https,http,file"
    }

    private let store: ArtifactStore
    private let runner: any CommandRunner
    private let mirror: @Sendable () async throws -> Mirror
    private let protocols: Protocols
    private let architecture: String

    /// - Parameters:
    ///   - store: receives the archives.
    ///   - runner: runs curl and apt.
    ///   - mirror: finds the Debian mirror; asked only when a Debian source is missing.
    ///   - protocols: what upstream addresses may be.
    ///   - architecture: this machine's Debian architecture.
    package init(
        store: ArtifactStore, runner: any CommandRunner,
        mirror: @escaping @Sendable () async throws -> Mirror, protocols: Protocols,
        architecture: String
    ) {
        self.store = store
        self.runner = runner
        self.mirror = mirror
        self.protocols = protocols
        self.architecture = architecture
    }

    /// Makes sure that the store has a source.
    ///
    /// - Throws: `Failure` of kind `integrity` for wrong bytes, `environment` when no mirror has
    ///   the file.
    package func fetch(_ source: FetchOperation) async throws -> FileDigests {
        try await TemporaryDirectory.with(in: store.home.temporary, name: "fetch") { folder in
            switch source.origin {
            case .debian(let suite, let package, let version, let file):
                try await fetchDebian(
                    suite: suite, package: "\(package)=\(version)", in: folder)
                let found = folder.appending("downloads").appending(file)
                guard Files.exists(found) else {
                    throw Failure(
                        .environment,
                        "the Debian source \(package) \(version) of \(suite) has no file `\(file)`",
                        hint: "check `file` of the source in the recipe")
                }
                return try store.adopt(found, expecting: source.sha256, name: file)
            case .upstream(let addresses):
                return try await fetchUpstream(addresses, source: source, in: folder)
            }
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

    /// Tries the addresses in order; they are mirrors of the same digest.
    private func fetchUpstream(
        _ addresses: [String], source: FetchOperation, in folder: FilePath
    ) async throws -> FileDigests {
        var reasons: [String] = []
        var sawOtherBytes = false
        for address in addresses {
            let file = folder.appending("source")
            let result = try await runner.capture(
                Command(
                    "curl",
                    [
                        "--fail", "--silent", "--show-error", "--location", "--globoff",
                        "--proto", protocols.rawValue, "--proto-redir", protocols.rawValue,
                        "--max-redirs", "5", "--retry", "3", "--connect-timeout", "20",
                        "--speed-limit", "1024", "--speed-time", "60",
                        "--max-filesize", String(source.size), "--output", file.string, address,
                    ]))
            if result.succeeded {
                do {
                    return try store.adopt(file, expecting: source.sha256, name: address)
                } catch let failure as Failure where address != addresses.last {
                    reasons.append(failure.message)
                    sawOtherBytes = true
                }
            } else {
                // A file above --max-filesize (curl(1): exit code 63) has other bytes for certain.
                if result.ending == .exited(63) { sawOtherBytes = true }
                reasons.append(
                    "\(address): \(result.standardError.split(whereSeparator: \.isNewline).last ?? "no reason given")"
                )
            }
        }
        throw Failure(
            sawOtherBytes ? .integrity : .environment,
            "could not download \(source.fileName) from any of its addresses",
            details: reasons,
            hint: sawOtherBytes
                ? "some address gives other bytes than the recipe says; try another mirror"
                : "check the network, or add a mirror to the recipe")
    }
}
