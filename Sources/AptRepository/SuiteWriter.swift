import Debian
import Diagnostics
import Digest
import HostSystem
import SystemPackage

/// Writes a complete `dists/<suite>` but for its signatures.
struct SuiteWriter {
    let suite: RepositorySuite
    let date: UTCDate
    /// All packages of each component.
    let entries: [String: [PackageEntry]]
    let previous: PublishedSuite?
    let runner: any CommandRunner

    /// Writes indexes, by-hash copies and the Release file into an empty folder.
    ///
    /// The bytes depend on the packages, the suite and the date only.
    ///
    /// - Returns: the text of the Release file.
    func write(to folder: FilePath) async throws -> String {
        // An architecture that is left out now keeps what was published for it.
        let architectures = union(suite.architectures, previous?.release.architectures)
        let components = union([suite.component], previous?.release.components)
        var files: [ReleaseFile.Listed] = []
        for component in components {
            for architecture in architectures {
                files += try await writeIndex(component, architecture, in: folder)
            }
        }
        for file in files { try copyByHash(file, from: folder.appending(file.path), in: folder) }
        try keepPreviousByHash(in: folder)
        let release = try ReleaseFile(
            origin: suite.origin, label: suite.label, suite: suite.name, codename: suite.name,
            date: date, validUntil: nil, architectures: architectures, components: components,
            description: suite.description, files: files
        ).text()
        try Files.write(release, to: folder.appending("Release"))
        return release
    }

    private func union(_ now: [String], _ before: [String]?) -> [String] {
        Set(now + (before ?? [])).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private func writeIndex(
        _ component: String, _ architecture: String, in folder: FilePath
    ) async throws -> [ReleaseFile.Listed] {
        let place = "\(component)/binary-\(architecture)"
        let index = folder.appending("\(place)/Packages")
        try Files.createDirectory(index.removingLastComponent())
        let offered = (entries[component] ?? []).filter {
            $0.architecture == architecture || $0.architecture == "all"
        }
        try Files.write(PackagesIndex(offered).text, to: index)
        try await compress(index)
        let summary = try ControlStanza([
            ControlField("Archive", suite.name), ControlField("Origin", suite.origin),
            ControlField("Label", suite.label), ControlField("Acquire-By-Hash", "yes"),
            ControlField("Component", component), ControlField("Architecture", architecture),
        ])
        try Files.write(summary.text, to: folder.appending("\(place)/Release"))
        return try ["Packages", "Packages.gz", "Packages.xz", "Release"].map { name in
            let digests = try FileDigests(of: folder.appending("\(place)/\(name)"))
            return ReleaseFile.Listed(
                path: "\(place)/\(name)", size: digests.size, sha256: digests.sha256.hex)
        }
    }

    private func compress(_ index: FilePath) async throws {
        // No name and time in the gzip header; one thread for xz, whose blocks would differ; and
        // no options from the user's environment.
        let commands = [
            Command("gzip", ["-9nk", index.string], environment: ["GZIP": ""]),
            Command(
                "xz", ["-6k", "--threads=1", "--check=crc64", index.string],
                environment: ["XZ_OPT": "", "XZ_DEFAULTS": ""]),
        ]
        for command in commands {
            _ = try await runner.output(
                of: command, purpose: "compress `\(index)`",
                hint: "install the packages `gzip` and `xz-utils`")
        }
    }

    /// Offers a file under its digest, where a client that read an older Release still finds it.
    private func copyByHash(
        _ file: ReleaseFile.Listed, from source: FilePath, in folder: FilePath
    ) throws {
        let place = Self.byHash(file, in: folder)
        guard !Files.exists(place), Files.exists(source) else { return }
        try Files.createDirectory(place.removingLastComponent())
        try Files.linkOrCopy(source, to: place)
    }

    private func keepPreviousByHash(in folder: FilePath) throws {
        guard let previous else { return }
        for file in previous.release.files {
            try copyByHash(file, from: Self.byHash(file, in: previous.folder), in: folder)
        }
    }

    static func byHash(_ file: ReleaseFile.Listed, in folder: FilePath) -> FilePath {
        folder.appending(file.path).removingLastComponent()
            .appending("by-hash/SHA256/\(file.sha256)")
    }
}
