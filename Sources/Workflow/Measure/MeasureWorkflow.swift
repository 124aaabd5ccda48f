import Diagnostics
import Digest
import Execution
package import HostSystem
import Lock
package import Measurement
import Planning
package import Recipe
import Store
package import SystemPackage

/// Packages as arms of a measurement: the job behind `measure` and `compare`.
package struct MeasureWorkflow: Sendable {
    let context: Context

    package init(context: Context) {
        self.context = context
    }

    /// Makes what selections mean, unless it is made, and lays it open while `body` runs.
    ///
    /// The home stays locked meanwhile: a build beside it would be measured too.
    ///
    /// - Parameters:
    ///   - selections: what to measure.
    ///   - workloads: the folder with the programs that will be run.
    ///   - body: gets an arm for each package, labelled by its cell.
    /// - Returns: what `body` returns.
    /// - Throws: `Failure` of what kept the packages from being made.
    package func withArms<Value>(
        of selections: [Selection], workloads: FilePath,
        _ body: ([PlannedArm]) async throws -> Value
    ) async throws -> Value {
        let catalog = try ProjectLoader.catalog(of: context.project)
        let workflow = BuildWorkflow(context: context)
        return try await workflow.perform(selections, of: catalog, goal: .packages) { run in
            try await TemporaryDirectory.with(in: context.home.temporary, name: "measure") {
                folder in
                var arms: [PlannedArm] = []
                for (number, cell) in run.cells.enumerated() {
                    let packages = try workflow.packages(
                        of: cell, vendor: catalog.project.vendor, outcomes: run.outcomes)
                    let names = PackageNames.exact(cell, vendor: catalog.project.vendor)
                    guard let package = packages.first(where: { $0.names == names }) else {
                        throw Failure(.internalError, "no package was made of \(cell)")
                    }
                    let own = folder.appending("\(number)")
                    try Files.createDirectory(own)
                    arms.append(
                        try await arm(package, of: run, in: own, workloads: workloads))
                }
                return try await body(arms)
            }
        }
    }

    private func arm(
        _ package: BuiltPackage, of run: BuildWorkflow.Run, in folder: FilePath,
        workloads: FilePath
    ) async throws -> PlannedArm {
        try await arm(
            package.file, label: "\(package.cell)", of: package.cell, run: run, in: folder,
            workloads: workloads
        ) { root in
            PackageFingerprint(
                file: package.file.lastComponent?.string ?? "", sha256: package.sha256.hex,
                name: package.names.name, version: package.names.version,
                variant: package.cell.variant.name, root: root)
        }
    }

    /// Lays a package of a cell open in the cell's build root, with the cell's allocator.
    func arm(
        _ file: FilePath, label: String, of cell: Cell, run: BuildWorkflow.Run,
        in folder: FilePath, workloads: FilePath,
        fingerprint: (_ root: String) -> PackageFingerprint
    ) async throws -> PlannedArm {
        let rootAction = ActionID("root build \(cell.suite.name)/\(cell.architecture)")
        guard let root = run.outcomes[rootAction]?.result.outputs["root"]?.sha256.hex else {
            throw Failure(.internalError, "no root was made for \(cell)")
        }
        let set = run.packageSets.first {
            $0.suite == cell.suite.name && $0.architecture == cell.architecture.rawValue
        }
        let allocator = set?.addition(PackageAddition.variant(cell.variant.name)) ?? []
        let room = try await PackageRoom.unpacked(
            file, allocator: allocator.map { context.store.path(of: $0.sha256) },
            root: context.home.roots.appending(root), in: folder, workloads: workloads,
            runner: context.runner)
        return PlannedArm(
            label: label, room: room, environment: [:], package: fingerprint(root))
    }

    /// Lays a .deb open that was made anywhere, in a sandbox with the machine's own root.
    ///
    /// - Parameters:
    ///   - deb: the package.
    ///   - label: of its arm.
    ///   - folder: an empty folder.
    ///   - workloads: the folder with the programs that will be run.
    ///   - runner: starts programs.
    /// - Returns: its arm.
    /// - Throws: `Failure` of kind `usage` when it is no package with a Ruby.
    package static func arm(
        of deb: FilePath, label: String, in folder: FilePath, workloads: FilePath,
        runner: any CommandRunner
    ) async throws -> PlannedArm {
        guard Files.exists(deb), !Files.isDirectory(deb) else {
            throw Failure(.usage, "there is no file `\(deb)`")
        }
        let words = try await runner.output(
            of: Command(
                "dpkg-deb", ["--show", "--showformat=${Package} ${Version}", deb.string],
                environment: ["LC_ALL": "C"]),
            purpose: "read the package `\(deb)`", kind: .usage, hint: "is it a complete .deb?"
        ).split(separator: " ").map(String.init)
        let room = try await PackageRoom.unpacked(
            deb, allocator: [], root: "/", in: folder, workloads: workloads, runner: runner)
        return PlannedArm(
            label: label, room: room, environment: [:],
            package: PackageFingerprint(
                file: deb.lastComponent?.string ?? "", sha256: try FileDigests(of: deb).sha256.hex,
                name: words.first ?? "", version: words.last ?? "", variant: nil, root: nil))
    }
}
