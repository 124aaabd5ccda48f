package import Debian
import Diagnostics
package import HostSystem
package import SystemPackage

/// An apt repository in a folder: static files that any web server or bucket can serve.
///
/// A publication changes nothing before all its checks have passed, and becomes visible in one
/// step. One publication at a time may use a repository; the caller holds the lock.
package struct Repository: Sendable {
    package let root: FilePath
    /// The word that brands the publisher, such as `lapidary`; names of packages begin with it.
    package let vendor: String
    /// `Name <mail address>` of the key that is made on first use.
    package let keyUserID: String

    let signer: Signer
    let runner: any CommandRunner

    /// Opens a repository, which need not exist yet.
    ///
    /// - Parameters:
    ///   - root: its folder.
    ///   - vendor: checked like a package name.
    ///   - keyUserID: whose key signs.
    ///   - signer: signs with that key.
    ///   - runner: runs dpkg-deb, gzip, xz and gpgv.
    /// - Throws: `Failure` of kind `failed` when `vendor` cannot begin a package name.
    package init(
        root: FilePath, vendor: String, keyUserID: String, signer: Signer,
        runner: any CommandRunner
    ) throws {
        self.root = root
        self.vendor = try PackageName(vendor).text
        self.keyUserID = keyUserID
        self.signer = signer
        self.runner = runner
    }

    /// The public key for clients, `<vendor>-archive-keyring.pgp` at the root.
    package var keyring: FilePath { root.appending("\(vendor)-archive-keyring.pgp") }

    /// Adds packages to a suite and signs it anew; what it lists already stays.
    ///
    /// - Parameters:
    ///   - debs: the packages; none at all just signs the suite with a new date.
    ///   - evidence: what lies beside each package; statements are signed, once.
    ///   - suite: where they go.
    ///   - date: the time of the publication, which must not lie in the clients' future.
    /// - Returns: what was done, a line for each package.
    /// - Throws: `Failure`: `integrity` when a known version comes with other bytes or the
    ///   repository was tampered with, `usage` when a package does not belong in the suite,
    ///   `environment` when a program is missing, the key has expired or the clock went back.
    ///   Nothing is changed then.
    package func publish(
        debs: [FilePath], evidence: [FilePath: [FilePath]] = [:], suite: RepositorySuite,
        date: UTCDate
    ) async throws -> PublicationSummary {
        let key = try await signer.ensureKey(userID: keyUserID, at: date)
        var read: [DebFile] = []
        for path in debs {
            let deb = try await DebFile.read(path, component: suite.component, runner: runner)
            try suite.check(deb.entry, vendor: vendor, file: path.string)
            read.append(deb)
        }
        let previous = try await published(suite.name)
        if let last = previous?.release.date, date < last {
            throw Failure(
                .environment,
                "`\(suite.name)` was published at \(last.rfc2822), later than this clock's time",
                details: ["now: \(date.rfc2822)"],
                hint: "correct the clock; clients ignore a repository that goes back in time")
        }
        let known = Dictionary(
            (previous?.entries[suite.component] ?? []).map { ($0.identity, $0) },
            uniquingKeysWith: { first, _ in first })
        let new = try newPackages(among: read, known: known)
        let pool = Pool(root: root)
        var files = read.map(\.pooled)
        var missing = try files.filter { try !pool.holds($0) }
        for deb in read {
            let texts = try (evidence[deb.path] ?? []).map(deb.beside)
            files += texts
            // A package has the evidence that it was published with: a later Lapidary may write
            // another, and what is signed is never replaced.
            if !isSigned(texts) { missing += try texts.filter { try !pool.holds($0) } }
        }
        try await withSignatures(of: files, by: key) { signatures in
            try await pool.adding(missing + signatures) {
                var entries = previous?.entries ?? [:]
                entries[suite.component, default: []] += new.map(\.entry)
                let writer = SuiteWriter(
                    suite: suite, date: date, entries: entries, previous: previous, runner: runner)
                try await replaceSuite(with: writer, key: key)
            }
        }
        return summary(of: read, known: known, suite: suite, date: date, key: key)
    }

    /// Whether the statement among the texts beside a package is published with a signature.
    private func isSigned(_ texts: [PoolFile]) -> Bool {
        texts.contains { text in
            text.place.hasSuffix(Self.statementSuffix)
                && Files.exists(DetachedSignature.place(of: root.appending(text.place)))
                && Files.exists(root.appending(text.place))
        }
    }

    /// The suite as it stands, verified with every key in our GnuPG home.
    func published(_ suite: String) async throws -> PublishedSuite? {
        let folder = root.appending("dists/\(suite)")
        guard Files.exists(folder) else { return nil }
        let keys = try await signer.exportEverything()
        return try await TemporaryDirectory.with(in: "/tmp", name: "lapidary-verify") { temporary in
            let file = temporary.appending("keys.pgp")
            try Files.write(keys, to: file)
            // A key that expired since is no reason to doubt what it signed; a new key may
            // replace it with this very publication.
            return try await PublishedSuite.read(
                folder, verifier: SignatureVerifier(keyring: file, runner: runner),
                expiredKeys: .accepted)
        }
    }

    /// The packages that the suite does not list yet, each once.
    private func newPackages(
        among debs: [DebFile], known: [PackageEntry.Identity: PackageEntry]
    ) throws -> [DebFile] {
        var new: [DebFile] = []
        var given: [PackageEntry.Identity: DebFile] = [:]
        for deb in debs {
            if let entry = known[deb.entry.identity] {
                guard entry.sha256 == deb.entry.sha256 else {
                    throw Pool.conflict(
                        deb.pooled, published: entry.sha256,
                        place: "`\(root.appending(entry.filename))`")
                }
            } else if let twin = given.updateValue(deb, forKey: deb.entry.identity) {
                guard twin.entry.sha256 == deb.entry.sha256 else {
                    throw Pool.conflict(
                        deb.pooled, published: twin.entry.sha256, place: "`\(twin.path)`")
                }
            } else {
                new.append(deb)
            }
        }
        return new
    }

    private func replaceSuite(with writer: SuiteWriter, key: ArchiveKey) async throws {
        let dists = root.appending("dists")
        try Files.createDirectory(dists)
        let name = writer.suite.name
        // Beside the live folder, for a rename cannot leave its file system; the dot hides it.
        try await TemporaryDirectory.with(in: dists, name: ".\(name)") { temporary in
            let new = temporary.appending("new")
            try Files.createDirectory(new)
            let release = try await writer.write(to: new)
            try await signer.sign(release: new.appending("Release"), with: key)
            let exported = try await signer.exportKeyring(key, as: .binary)
            try await verify(new, release: release, keyring: exported, in: temporary)
            if try !Files.exists(keyring) || Files.readBytes(keyring) != exported {
                try Files.write(exported, to: keyring)
            }
            try Task.checkCancellation()
            try DirectorySwitch.put(
                new, at: dists.appending(name), retiring: temporary.appending("old"))
        }
    }

    /// Checks our own signature before anybody else sees it.
    private func verify(
        _ folder: FilePath, release: String, keyring: [UInt8], in temporary: FilePath
    ) async throws {
        let file = temporary.appending("keyring")
        try Files.write(keyring, to: file)
        let verifier = SignatureVerifier(keyring: file, runner: runner)
        let signed = try await verifier.text(
            ofClearSigned: folder.appending("InRelease"), expiredKeys: .refused)
        guard signed == release else {
            throw Failure(
                .internalError, "the signed Release differs from the one that was written")
        }
    }

    private func summary(
        of debs: [DebFile], known: [PackageEntry.Identity: PackageEntry],
        suite: RepositorySuite, date: UTCDate, key: ArchiveKey
    ) -> PublicationSummary {
        PublicationSummary(
            suite: suite.name, date: date,
            packages: debs.map { deb in
                let entry = deb.entry
                return PublicationSummary.Package(
                    name: entry.name, version: entry.version, architecture: entry.architecture,
                    size: entry.size, poolPath: entry.filename,
                    outcome: known[entry.identity] == nil ? .added : .alreadyThere)
            },
            key: key, warnings: [key.warning(at: date)].compactMap { $0 })
    }
}
