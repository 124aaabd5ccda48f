import Diagnostics
import Digest
import Execution
import Foundation
import HostSystem
import Planning
import Provisioning
import Recipe
import Store
import SystemPackage

/// Knows which Debian packages the roots are made of: resolved once, then kept.
struct PackageSets: Sendable {
    let context: Context

    /// The package set of every suite and architecture that some cells need, with every package
    /// in the store.
    func obtain(for cells: [Cell]) async throws -> [PackageSet] {
        var sets: [PackageSet] = []
        for cell in cells {
            let isKnown = sets.contains {
                $0.suite == cell.suite.name && $0.architecture == cell.architecture.rawValue
            }
            if !isKnown {
                sets.append(try await obtain(cell.suite, architecture: cell.architecture.rawValue))
            }
        }
        return sets
    }

    private func obtain(_ suite: Suite, architecture: String) async throws -> PackageSet {
        let file = context.home.packageSets.appending("\(suite.name)-\(architecture).json")
        let wanted = request(suite, architecture: architecture, mirror: nil)
        let known = context.refreshes ? nil : kept(in: file, request: wanted.digest)
        if let known, known.members.allSatisfy({ context.store.contains($0.sha256) }) {
            return known
        }
        let mirror = try await context.findMirror()
        return try await TemporaryDirectory.with(in: context.home.temporary, name: "apt") {
            folder in
            let request = request(suite, architecture: architecture, mirror: mirror)
            context.events(.note("reading the package lists of \(suite.name)"))
            let apt = try await PrivateApt(
                folder: folder, archives: request.archives, architecture: architecture,
                keyring: suite.keyring, runner: context.runner)
            let resolver = PackageSetResolver(apt: apt, store: context.store)
            let set = if let known { known } else { try await resolver.resolve(request) }
            context.events(.note("downloading the packages of the \(suite.name) roots"))
            try await resolver.download(set)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try Files.write(Array(try encoder.encode(set)), to: file)
            return set
        }
    }

    /// The set that was found before, if it answers the same request.
    private func kept(in file: FilePath, request: SHA256Digest) -> PackageSet? {
        guard let bytes = try? Files.readBytes(file),
            let set = try? JSONDecoder().decode(PackageSet.self, from: Data(bytes))
        else { return nil }
        return set.request == request ? set : nil
    }

    private func request(_ suite: Suite, architecture: String, mirror: Mirror?) -> RootRequest {
        RootRequest(
            suite: suite.name, architecture: architecture,
            archives: suite.archives.map { archive in
                PrivateApt.Archive(
                    address: (archive.security ? mirror?.security : mirror?.archive) ?? "",
                    suite: archive.suite, components: suite.components)
            },
            keyring: suite.keyring,
            packages: (suite.buildPackages + suite.runtimePackages).map(\.name))
    }
}
