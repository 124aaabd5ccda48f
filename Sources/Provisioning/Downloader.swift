import Diagnostics
package import Digest
package import HostSystem
package import SystemPackage

/// Downloads files that are known by digest and size, from servers that may fail or lie.
///
/// What has come of a file is kept in `<sha256>.part`, also for the next run, until the file is
/// whole or its bytes are proven wrong. Only one process at a time may use the folder; the
/// home's lock sees to that.
package struct Downloader: Sendable {
    /// Which addresses a download may have.
    package enum Protocols: Sendable, Hashable {
        /// https alone, also after redirects.
        case secure
        /// Plain http and local files too; only where a person asked for it. No server may lead
        /// to a local file.
        case any

        var first: String { self == .secure ? "=https" : "=https,http,file" }
        var redirected: String { self == .secure ? "=https" : "=https,http" }
    }

    /// What is downloaded.
    package struct Wanted: Sendable, Hashable {
        /// The file's name, for messages.
        package let name: String
        /// Mirrors of the same bytes, tried in order.
        package let addresses: [String]
        package let sha256: SHA256Digest
        /// Bytes.
        package let size: Int64

        package init(name: String, addresses: [String], sha256: SHA256Digest, size: Int64) {
            self.name = name
            self.addresses = addresses
            self.sha256 = sha256
            self.size = size
        }
    }

    /// What happens during a download, for whoever shows it.
    package enum Event: Sendable, Hashable {
        /// So many bytes of all are there.
        case received(Int64, of: Int64)
        /// An attempt failed, and the next one begins after a pause.
        case waiting(Duration, reason: String)
    }

    private let folder: FilePath
    private let runner: any CommandRunner
    private let protocols: Protocols
    private let limits: Limits
    private let sleep: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - folder: holds unfinished files.
    ///   - runner: runs curl.
    ///   - protocols: what addresses may be.
    ///   - limits: when to give up.
    ///   - sleep: waits between attempts.
    package init(
        folder: FilePath, runner: any CommandRunner, protocols: Protocols, limits: Limits,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.folder = folder
        self.runner = runner
        self.protocols = protocols
        self.limits = limits
        self.sleep = sleep
    }

    /// Downloads a file from the first of its addresses that gives its bytes.
    ///
    /// - Parameters:
    ///   - wanted: what to download.
    ///   - events: hears of progress.
    /// - Returns: a file that has the digest, to be moved away.
    /// - Throws: `Failure` of kind `integrity` when some address gave other bytes and none the
    ///   right ones, else `environment`, with every address and its reason.
    package func download(
        _ wanted: Wanted, events: @escaping @Sendable (Event) -> Void
    ) async throws -> FilePath {
        try Files.createDirectory(folder)
        let part = folder.appending("\(wanted.sha256).part")
        // The bytes of an earlier run may be all there are.
        if try bytesToGoOnFrom(in: part, wanted) == wanted.size { return part }
        let end = ContinuousClock.now + .seconds(limits.totalSeconds)
        var problems: [(address: String, problem: DownloadProblem)] = []
        for address in wanted.addresses {
            guard
                let problem = try await obtain(
                    wanted, from: address, into: part, until: end, events: events)
            else { return part }
            problems.append((address, problem))
        }
        throw Self.failure(wanted.name, problems)
    }

    /// Tries one address as often as it makes sense; nil when the part has become the file.
    private func obtain(
        _ wanted: Wanted, from address: String, into part: FilePath,
        until end: ContinuousClock.Instant, events: @escaping @Sendable (Event) -> Void
    ) async throws -> DownloadProblem? {
        var failures = 0
        var mayResume = true
        while true {
            if !mayResume { try Files.remove(part) }
            let start = try bytesToGoOnFrom(in: part, wanted)
            let left = Int(((end - .now) / .seconds(1)).rounded(.up))
            guard left > 0 else { return .outOfTime(after: start, of: wanted.size) }
            let transfer = Transfer(
                address: address, file: part, start: start, size: wanted.size,
                protocols: protocols, limits: limits, seconds: left)
            let result = try await run(transfer, events: events)
            switch transfer.outcome(of: result, count: Self.size(of: part)) {
            case .complete:
                let found = try FileDigests(of: part).sha256
                if found == wanted.sha256 { return nil }
                try Files.remove(part)
                if start == 0 { return .otherBytes(expected: wanted.sha256, found: found) }
                // The bytes of before may be the wrong ones: once more, all from here.
                mayResume = false
            case .cannotResume:
                mayResume = false
            case .cannotWrite(let complaint):
                throw Failure(
                    .environment, "cannot write the download `\(part)`: \(complaint)",
                    hint: "free some disk space; what has come is kept, and the next run goes on")
            case .failed(let problem):
                if problem.isWrongBytes { try Files.remove(part) }
                failures += 1
                let pause = max(limits.pause(after: failures), problem.retryAfter ?? .zero)
                guard problem.mayPass, failures < limits.attempts, pause <= limits.longestPause,
                    .now + pause < end
                else { return problem }
                events(.waiting(pause, reason: "\(problem) (\(address))"))
                try await sleep(pause)
            }
        }
    }

    /// How many bytes of the part can be gone on from; one that cannot become the file is removed.
    private func bytesToGoOnFrom(in part: FilePath, _ wanted: Wanted) throws -> Int64 {
        let count = Self.size(of: part)
        if count < wanted.size { return count }
        if count == wanted.size, try FileDigests(of: part).sha256 == wanted.sha256 { return count }
        try Files.remove(part)
        return 0
    }

    private func run(_ transfer: Transfer, events: @escaping @Sendable (Event) -> Void)
        async throws -> CommandResult
    {
        // It is cancelled when this function returns.
        async let _ = tellProgress(of: transfer, events)
        return try await runner.capture(transfer.command)
    }

    /// Tells how far a transfer is until the task is cancelled.
    private func tellProgress(of transfer: Transfer, _ events: @Sendable (Event) -> Void) async {
        while (try? await Task.sleep(for: limits.progressInterval)) != nil {
            events(.received(Self.size(of: transfer.file), of: transfer.size))
        }
    }

    private static func size(of file: FilePath) -> Int64 {
        Files.exists(file) ? (try? Files.size(of: file)) ?? 0 : 0
    }

    private static func failure(
        _ name: String, _ problems: [(address: String, problem: DownloadProblem)]
    ) -> Failure {
        let gaveOtherBytes = problems.contains { $0.problem.isWrongBytes }
        let isForbidden = problems.contains {
            switch $0.problem {
            case .forbiddenProtocol, .forbiddenRedirect: true
            default: false
            }
        }
        let hint =
            if gaveOtherBytes {
                "other bytes were thrown away; if the recipe is right, add another mirror to it"
            } else if isForbidden {
                "if you trust the way there, allow http and files with --allow-insecure-sources"
            } else {
                "check the network, or add a mirror to the recipe; what has come is kept"
            }
        let kind: Failure.Kind = gaveOtherBytes ? .integrity : .environment
        if problems.count == 1, let (address, problem) = problems.first {
            return Failure(
                kind, "could not download \(name) from \(address): \(problem)", hint: hint)
        }
        return Failure(
            kind, "could not download \(name) from any of its \(problems.count) addresses",
            details: problems.map { "\($0.address): \($0.problem)" }, hint: hint)
    }
}
