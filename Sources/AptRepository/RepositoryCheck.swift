import Debian
import Diagnostics
import Digest
import HostSystem
import SystemPackage

/// What a check of a repository found in order.
package struct RepositoryCheck: Sendable, Hashable {
    /// The suites, sorted.
    package let suites: [String]
    /// Package files that were read and match their stanza.
    package let packages: Int
    /// Files in the pool that no suite lists, sorted; harmless, but they take space.
    package let unlisted: [String]
}

extension Repository {
    /// Reads the whole repository again as a client would, and every package file in it.
    ///
    /// - Returns: what was checked, when all of it is in order.
    /// - Throws: `Failure` of kind `integrity` that lists every problem; of kind `environment`
    ///   when there is no repository or gpgv is missing.
    package func check() async throws -> RepositoryCheck {
        let dists = root.appending("dists")
        guard Files.isDirectory(dists), Files.exists(keyring) else {
            throw Failure(
                .environment, "`\(root)` is not a repository of `\(vendor)`",
                hint: "`lapidary publish` makes one")
        }
        let verifier = SignatureVerifier(keyring: keyring, runner: runner)
        let suites = try Files.names(in: dists).filter { !$0.hasPrefix(".") }
        var problems: [String] = []
        var listed: [String: PackageEntry] = [:]
        for suite in suites {
            do {
                let (found, entries) = try await check(dists.appending(suite), verifier)
                problems += found
                for entry in entries {
                    let other = listed.updateValue(entry, forKey: entry.filename)
                    if let other, other.sha256 != entry.sha256 {
                        problems.append("`\(entry.filename)` is listed with two digests")
                    }
                }
            } catch let failure as Failure where failure.kind != .environment {
                problems += [failure.message] + failure.details
            }
        }
        problems += listed.values.compactMap { entry in
            problem(
                with: entry.filename, below: root, size: entry.size, sha256: entry.sha256)
        }.sorted()
        let pool = try files(below: "pool")
        problems += try await problemsOfStatements(in: pool, verifier)
        guard problems.isEmpty else {
            let count = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
            throw Failure(.integrity, "the repository `\(root)` has \(count)", details: problems)
        }
        let stems = Set(listed.keys.map { String($0.dropLast(".deb".count)) })
        return RepositoryCheck(
            suites: suites, packages: listed.count,
            unlisted: pool.filter { listed[$0] == nil && !Self.isEvidence($0, of: stems) })
    }

    /// Whether a file in the pool is what lies beside a listed package.
    private static func isEvidence(_ path: String, of stems: Set<String>) -> Bool {
        let endings = [".buildinfo", ".spdx.json", statementSuffix, "\(statementSuffix).asc"]
        return endings.contains { ending in
            path.hasSuffix(ending) && stems.contains(String(path.dropLast(ending.count)))
        }
    }

    /// Statements that are not signed, or not well.
    private func problemsOfStatements(in pool: [String], _ verifier: SignatureVerifier) async throws
        -> [String]
    {
        var problems: [String] = []
        for path in pool where path.hasSuffix(Self.statementSuffix) {
            let file = root.appending(path)
            let signature = DetachedSignature.place(of: file)
            guard Files.exists(signature) else {
                problems.append("`\(file)` is not signed")
                continue
            }
            do {
                _ = try await verifier.signer(of: file, signature: signature)
            } catch let failure as Failure where failure.kind == .integrity {
                problems.append(failure.message)
            }
        }
        return problems
    }

    /// Problems of a suite's own files, and the packages it lists.
    private func check(
        _ folder: FilePath, _ verifier: SignatureVerifier
    ) async throws -> ([String], [PackageEntry]) {
        guard
            let suite = try await PublishedSuite.read(
                folder, verifier: verifier, expiredKeys: .refused)
        else { return ([], []) }
        var problems: [String] = []
        let release = folder.appending("Release")
        try await verifier.verify(release, signature: folder.appending("Release.gpg"))
        if try ReleaseFile(parsing: Files.readText(release), source: release.string)
            != suite.release
        {
            problems.append("`\(release)` differs from the InRelease beside it")
        }
        for file in suite.release.files {
            for place in [folder.appending(file.path), SuiteWriter.byHash(file, in: folder)] {
                problems += [
                    problem(with: place.string, below: "", size: file.size, sha256: file.sha256)
                ].compactMap { $0 }
            }
        }
        return (problems, suite.entries.values.flatMap { $0 })
    }

    /// What is wrong with a file that should have a size and a digest; nil when nothing is.
    private func problem(
        with path: String, below folder: FilePath, size: Int64, sha256: String
    ) -> String? {
        let file = folder.isEmpty ? FilePath(path) : folder.appending(path)
        guard !file.components.contains(where: { $0.kind == .parentDirectory }) else {
            return "`\(path)` leads out of the repository"
        }
        do {
            let found = try FileDigests(of: file)
            if found.size != size { return "`\(file)` has \(found.size) bytes instead of \(size)" }
            if found.sha256.hex == sha256 { return nil }
            return "`\(file)` has sha256 \(found.sha256) instead of \(sha256)"
        } catch {
            return (error as? Failure)?.message ?? "`\(file)` cannot be read"
        }
    }

    /// The paths of all files below a folder of the repository, sorted by bytes.
    private func files(below path: String) throws -> [String] {
        let folder = root.appending(path)
        guard Files.isDirectory(folder) else { return Files.exists(folder) ? [path] : [] }
        return try Files.names(in: folder).flatMap { try files(below: "\(path)/\($0)") }
    }
}
