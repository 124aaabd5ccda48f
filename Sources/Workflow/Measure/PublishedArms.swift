import AptRepository
import Diagnostics
import Digest
import HostSystem
package import Measurement
import Planning
package import Recipe
import Store
package import SystemPackage

extension MeasureWorkflow {
    /// Makes what a selection means, unless it is made, and lays it open beside the newest published
    /// version of the same package while `body` runs.
    ///
    /// Of a cell that stands for its series it is the series' package, so that a new release is
    /// held against the last one.
    ///
    /// - Parameters:
    ///   - selection: one package.
    ///   - repository: the repository's folder; nil for the one that the project file names.
    ///   - workloads: the folder with the programs that will be run.
    ///   - body: gets the published package as first arm, and the one that is made as second.
    /// - Returns: what `body` returns.
    /// - Throws: `Failure` of kind `usage` when the selection means several packages; `environment`
    ///   when none is published; `integrity` when the repository was changed; and of what kept the
    ///   package from being made.
    package func withPublished<Value>(
        of selection: Selection, in repository: FilePath?, workloads: FilePath,
        _ body: ([PlannedArm]) async throws -> Value
    ) async throws -> Value {
        let catalog = try ProjectLoader.catalog(of: context.project)
        let project = catalog.project
        let root = repository ?? context.project.pushing(FilePath(project.repository))
        // Said before anything is compiled for it.
        guard Files.isDirectory(root.appending("dists")) else {
            throw Failure(
                .environment, "there is no repository `\(root)` to compare with",
                hint: "name its folder with --repository, or publish into it first")
        }
        let workflow = BuildWorkflow(context: context)
        return try await workflow.perform([selection], of: catalog, goal: .packages) { run in
            guard let cell = run.cells.first, run.cells.count == 1 else {
                throw Failure(
                    .usage, "`\(selection)` means \(run.cells.count) packages, and one is compared",
                    details: run.cells.map { "\($0)" }, hint: "name release and variant")
            }
            let built = try workflow.packages(
                of: cell, vendor: project.vendor, outcomes: run.outcomes)
            guard let names = PackageNames.installable(cell, vendor: project.vendor).last,
                let package = built.first(where: { $0.names == names })
            else { throw Failure(.internalError, "no package was made of \(cell)") }
            let last = try await Repository(
                root: root, vendor: project.vendor, keyUserID: project.maintainer,
                signer: Signer(
                    home: context.home.keys.appending("gnupg"), runner: context.runner),
                runner: context.runner
            ).newest(names.name, architecture: cell.architecture.rawValue, in: cell.suite.name)
            guard let last else {
                throw Failure(
                    .environment,
                    "`\(root)` has no \(names.name) for \(cell.suite.name)/\(cell.architecture)"
                        + " to compare with",
                    hint: "the first one has nothing to be held against: `lapidary publish`")
            }
            return try await TemporaryDirectory.with(in: context.home.temporary, name: "measure") {
                folder in
                var arms: [PlannedArm] = []
                for (label, file, digest, version) in [
                    ("published", last.file, last.sha256, "\(last.version)"),
                    ("made", package.file, package.sha256, names.version),
                ] {
                    let own = folder.appending(label)
                    try Files.createDirectory(own)
                    arms.append(
                        try await arm(
                            file, label: "\(label) \(version)", of: cell, run: run, in: own,
                            workloads: workloads
                        ) { root in
                            PackageFingerprint(
                                file: file.lastComponent?.string ?? "", sha256: digest.hex,
                                name: names.name, version: version, variant: cell.variant.name,
                                root: root)
                        })
                }
                return try await body(arms)
            }
        }
    }
}
