import AptRepository
import Debian
import Diagnostics
import Foundation
import HostSystem
import Planning
package import Recipe
import Store
package import SystemPackage

/// What was published, and what clients need to install it.
package struct PublishReport: Sendable, Hashable {
    /// The repository's folder.
    package let repository: FilePath
    package let vendor: String
    /// The packages with their smoke results, in the selections' order.
    package let packages: [BuiltPackage]
    /// File name of the public keyring at the repository's root.
    package let keyring: String
    /// Of the signing key: 40 uppercase hexadecimal digits.
    package let fingerprint: String
    /// What people should hear though nothing failed.
    package let warnings: [String]

    /// The suites that were published to.
    package var suites: [String] { Set(packages.map(\.cell.suite.name)).sorted() }

    /// The deb822 text that tells a client's apt of a suite.
    package func sources(suite: String, address: String) throws -> String {
        try SourcesFile.text(
            uri: address, suite: suite, component: "main",
            signedBy: "/usr/share/keyrings/\(keyring)", architectures: [])
    }
}

/// Publishes packages that passed their smoke test into a signed apt repository.
package struct PublishWorkflow: Sendable {
    private let context: Context

    package init(context: Context) {
        self.context = context
    }

    /// Builds and tries what is not yet, then publishes it.
    ///
    /// - Parameters:
    ///   - selections: what to publish; none means what the project file or the defaults say.
    ///   - folder: the repository's folder; nil for the one the project file names.
    /// - Returns: what was published.
    /// - Throws: `Failure` of what went wrong first; the repository is as it was then.
    package func run(_ selections: [Selection], into folder: FilePath?) async throws
        -> PublishReport
    {
        let project = try ProjectLoader.catalog(of: context.project).project
        let summary = try await BuildWorkflow(context: context).run(
            selections, goal: .smokedPackages)
        let root = folder ?? context.project.pushing(FilePath(project.repository))
        let repository = try Repository(
            root: root, vendor: project.vendor, keyUserID: project.maintainer,
            signer: Signer(home: context.home.keys.appending("gnupg"), runner: context.runner),
            runner: context.runner)
        return try await context.exclusively("lapidary publish") {
            try Files.createDirectory(root)
            var warnings: [String] = []
            var fingerprint = ""
            let bySuite = Dictionary(grouping: summary.packages, by: \.cell.suite.name)
            for (_, packages) in bySuite.sorted(by: { $0.key < $1.key }) {
                guard let suite = packages.first?.cell.suite else { continue }
                let done = try await repository.publish(
                    debs: packages.map(\.file),
                    evidence: Dictionary(
                        packages.map { ($0.file, $0.evidence.map(\.file)) },
                        uniquingKeysWith: { first, _ in first }),
                    suite: description(of: suite, project: project),
                    date: UTCDate(seconds: Int(context.now().timeIntervalSince1970)))
                fingerprint = done.fingerprint
                warnings += done.warnings
            }
            return PublishReport(
                repository: root, vendor: project.vendor, packages: summary.packages,
                keyring: repository.keyring.lastComponent?.string ?? "", fingerprint: fingerprint,
                warnings: Set(warnings).sorted())
        }
    }

    private func description(of suite: Suite, project: Project) throws -> RepositorySuite {
        try RepositorySuite(
            name: suite.name, component: "main", origin: project.vendor, label: project.vendor,
            description: "Ruby packages for \(suite.distribution) \(suite.baseSuiteVersion)",
            architectures: suite.architectures.map(\.rawValue),
            versionSuffix: suite.versionSuffix)
    }
}
