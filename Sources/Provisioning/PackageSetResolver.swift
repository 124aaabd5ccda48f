import Debian
import Diagnostics
package import Digest
import HostSystem
package import Lock
package import Store
import SystemPackage

/// What the roots of a suite shall contain.
package struct RootRequest: Sendable, Hashable {
    package let suite: String
    package let architecture: String
    package let archives: [PrivateApt.Archive]
    package let keyring: String
    /// Names of the packages that build Ruby and that the packages made need at run time.
    package let packages: [String]

    package init(
        suite: String, architecture: String, archives: [PrivateApt.Archive], keyring: String,
        packages: [String]
    ) {
        self.suite = suite
        self.architecture = architecture
        self.archives = archives
        self.keyring = keyring
        self.packages = packages
    }

    /// Digest of what is asked for; the mirror's address is no part of it.
    package var digest: SHA256Digest {
        let suites = archives.map { "\($0.suite) \($0.components.joined(separator: " "))" }
        return SHA256Digest(
            of: ([suite, architecture, keyring] + suites + packages).joined(separator: "\n"))
    }
}

/// Finds out which exact packages a root needs, and brings them into the store.
package struct PackageSetResolver: Sendable {
    private let apt: PrivateApt
    private let store: ArtifactStore

    package init(apt: PrivateApt, store: ArtifactStore) {
        self.apt = apt
        self.store = store
    }

    /// Resolves the bare root and the build root against the mirror.
    ///
    /// - Throws: `Failure` of kind `environment` when the suite lacks a package.
    package func resolve(_ request: RootRequest) async throws -> PackageSet {
        let base = try await simulate(["?essential", "apt"], request: request)
        let all = try await simulate(["?essential", "apt"] + request.packages, request: request)
        let baseNames = Set(base.map(\.name))
        let stanzas = try await apt.stanzas(
            of: all.map { "\($0.name):\($0.architecture)=\($0.version)" })
        let members = try stanzas.map { try Self.member($0, baseNames: baseNames) }
        guard members.count == all.count else {
            throw Failure(
                .internalError,
                "apt described \(members.count) packages of the \(all.count) it would install")
        }
        return PackageSet(
            suite: request.suite, architecture: request.architecture, request: request.digest,
            members: members.sorted { $0.package < $1.package })
    }

    /// Resolves packages beside a package set: what they need and the set does not have.
    ///
    /// - Parameters:
    ///   - packages: names of packages.
    ///   - name: what the addition is for.
    ///   - set: the package set, which stays as it is.
    ///   - request: what the set was resolved for.
    ///   - digest: digest of what is asked for.
    /// - Returns: the addition.
    /// - Throws: `Failure` of kind `environment` when the suite lacks a package.
    package func resolve(
        _ packages: [String], named name: String, beside set: PackageSet, request: RootRequest,
        digest: SHA256Digest
    ) async throws -> PackageAddition {
        let all = try await simulate(
            ["?essential", "apt"] + request.packages + packages, request: request,
            hint: "check the packages that `\(name)` names in its recipe")
        let known = Set(set.members.map(\.package))
        let wanted = all.filter { !known.contains($0.name) }
        let stanzas = try await apt.stanzas(
            of: wanted.map { "\($0.name):\($0.architecture)=\($0.version)" })
        guard stanzas.count == wanted.count else {
            throw Failure(
                .internalError,
                "apt described \(stanzas.count) packages of the \(wanted.count) it would install")
        }
        return PackageAddition(
            name: name, request: digest,
            members: try stanzas.map { try Self.member($0, baseNames: []) }
                .sorted { $0.package < $1.package })
    }

    /// Downloads the packages that the store does not have yet, each by its digest.
    ///
    /// - Parameters:
    ///   - members: the packages.
    ///   - suite: the suite's name, for messages.
    /// - Throws: `Failure` of kind `integrity` for wrong bytes.
    package func download(_ members: [PackageSet.Member], of suite: String) async throws {
        let missing = members.filter { !store.contains($0.sha256) }
        guard !missing.isEmpty else { return }
        try DiskSpace.require(
            missing.reduce(0) { $0 + $1.size }, at: apt.downloads,
            purpose: "to download the packages of \(suite)")
        _ = try await apt.output(
            of: "apt-get",
            ["download"] + missing.map { "\($0.package):\($0.architecture)=\($0.version)" },
            purpose: "download the packages of \(suite)",
            hint: "the mirror may have moved on: run again with --refresh to resolve anew")
        var wanted = Dictionary(missing.map { ($0.sha256, $0) }) { first, _ in first }
        for name in try Files.names(in: apt.downloads) where name.hasSuffix(".deb") {
            let file = apt.downloads.appending(name)
            let digest = try FileDigests(of: file).sha256
            guard let member = wanted.removeValue(forKey: digest) else { continue }
            try store.adopt(file, expecting: member.sha256, name: member.fileName)
        }
        if let member = wanted.values.min(by: { $0.package < $1.package }) {
            throw Failure(
                .integrity,
                "the mirror gave other bytes for \(member.fileName): expected sha256 \(member.sha256)",
                hint: "run again with --refresh to resolve anew, or try another mirror")
        }
    }

    /// What apt would install into nothing.
    private func simulate(
        _ packages: [String], request: RootRequest,
        hint: String = "check the package names in the suite's recipe"
    ) async throws -> [Planned] {
        let text = try await apt.output(
            of: "apt-get", ["install", "--simulate", "--yes"] + packages,
            purpose: "resolve the packages of the \(request.suite) root",
            hint: hint)
        return text.split(whereSeparator: \.isNewline).compactMap(Planned.init(line:))
    }

    private static func member(_ stanza: ControlStanza, baseNames: Set<String>) throws
        -> PackageSet.Member
    {
        guard let name = stanza["Package"], let version = stanza["Version"],
            let architecture = stanza["Architecture"],
            let size = stanza["Size"].flatMap(Int64.init),
            let sha256 = stanza["SHA256"].flatMap(SHA256Digest.init(hex:))
        else {
            throw Failure(
                .environment,
                "the mirror's description of package `\(stanza["Package"] ?? "?")` lacks its digest"
            )
        }
        return PackageSet.Member(
            package: name, version: version, architecture: architecture, sha256: sha256, size: size,
            isBase: baseNames.contains(name), poolPath: stanza["Filename"],
            stanza: try ControlStanza(stanza.fields.filter { $0.name != "Filename" }).text)
    }
}

/// A package that apt would install.
struct Planned: Sendable, Hashable {
    let name: String
    let version: String
    let architecture: String

    /// Reads a line of `apt-get install --simulate`; nil for one that installs nothing.
    ///
    /// It is `Inst NAME (VERSION ORIGIN [ARCH])`, and the packages that it leaves broken for a
    /// moment may follow.
    init?(line: Substring) {
        guard line.hasPrefix("Inst "), let open = line.firstIndex(of: "("),
            let close = line[open...].firstIndex(of: ")")
        else { return nil }
        let inner = line[line.index(after: open)..<close].split(separator: " ")
        guard let version = inner.first, let last = inner.last, last.hasPrefix("["),
            last.hasSuffix("]"), let name = line.split(separator: " ").dropFirst().first
        else { return nil }
        self.name = String(name)
        self.version = String(version)
        architecture = String(last.dropFirst().dropLast())
    }
}
