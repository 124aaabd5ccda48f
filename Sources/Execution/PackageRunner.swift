import Debian
import Diagnostics
import Digest
import HostSystem
import Packaging
import Planning
import Sandbox
import Store
import SystemPackage

/// Makes a .deb from an installed tree, with dpkg's own tools inside the root.
struct PackageRunner: Sendable {
    let run: ActionRun

    /// Below the workspace's build folder: the package's tree, and what came out of the archive.
    private static let tree = "package"
    private static let unpacked = "unpacked"

    func perform(_ operation: PackageOperation) async throws -> FileDigests {
        try await run.inWorkspace("package", mayBeInMemory: true) { workspace in
            try await run.tools.shuffling(workspace, log: run.log) {
                run.step("unpack")
                try await unpack(operation, in: workspace)
                run.step("find dependencies")
                let depends =
                    operation.debugSymbolsOf == nil
                    ? try await dependencies(of: operation, in: workspace) : []
                run.step("write control files")
                let documentation = try writeDocumentation(operation, in: workspace)
                try await tool(
                    ["gzip", "--best", "--no-name", "\(documentation)/changelog.Debian"],
                    operation, in: workspace)
                try writeControl(operation, depends: depends, in: workspace)
                run.step("compress")
                // One thread: the other processors have other actions.
                try await tool(
                    ["dpkg-deb", "--root-owner-group", "--threads-max=1"] + operation.compression
                        + [
                            "--build", "/build/\(Self.tree)", "/outputs/\(operation.fileName)",
                        ], operation, in: workspace)
            }
            return try run.tools.store.adopt(
                workspace.outputs.appending(operation.fileName), name: operation.fileName)
        }
    }

    /// Runs a program in the build root; /build is the workspace.
    private func tool(
        _ arguments: [String], _ operation: PackageOperation, in workspace: Workspace
    ) async throws {
        let spec = workspace.spec(
            root: try run.rootTree(), environment: ["SOURCE_DATE_EPOCH": String(operation.epoch)],
            workingDirectory: "/build", arguments: arguments)
        let ending = try await run.tools.sandbox.run(spec, appendingTo: run.log)
        guard ending == .exited(0) else {
            throw StepFailure(
                failure: try run.failure(
                    "could not package \(operation.name): \(arguments[0]) ended with \(ending)"),
                title: arguments[0], spec: spec, workspace: workspace.folder)
        }
    }

    /// Unpacks the installed tree, or its debug symbols, and moves it to its place.
    ///
    /// The folders above that place are made here, not taken from the archive: what a build made
    /// may be links, and later steps write beside it on this machine.
    private func unpack(_ operation: PackageOperation, in workspace: Workspace) async throws {
        // Debuggers look there for the symbols of what is installed under the prefix.
        let isDebug = operation.debugSymbolsOf != nil
        let target = "\(Self.tree)\(isDebug ? "/usr/lib/debug" : "")\(operation.prefix)"
        let parent = FilePath(target).removingLastComponent()
        try Files.createDirectory(workspace.build.appending(Self.unpacked))
        try Files.createDirectory(workspace.build.pushing(parent))
        try await tool(
            [
                "tar", "--extract", "--file=/inputs/install", "--no-same-owner",
                "--directory=/build/\(Self.unpacked)",
            ], operation, in: workspace)
        try await tool(
            [
                "mv", "--no-target-directory",
                "/build/\(Self.unpacked)\(isDebug ? "/debug" : Planner.basePrefix)",
                "/build/\(target)",
            ], operation, in: workspace)
    }

    /// What dpkg-shlibdeps(1) finds out about the libraries that the tree is linked with.
    private func dependencies(of operation: PackageOperation, in workspace: Workspace)
        async throws -> [String]
    {
        let debian = workspace.build.appending("debian")
        try Files.createDirectory(debian)
        try Files.write(
            "Source: \(operation.name)\n\nPackage: \(operation.name)\n"
                + "Architecture: \(operation.architecture)\n", to: debian.appending("control"))
        let tree = workspace.build.appending(Self.tree)
        // dpkg-shlibdeps takes a library for the package's own only where a DEBIAN folder is.
        try Files.createDirectory(tree.appending("DEBIAN"))
        let binaries = try FileTree.entries(below: tree)
            .filter { $0.kind == .file && FileTree.isELF(tree.pushing(FilePath($0.path))) }
            .map { "\(Self.tree)/\($0.path)" }
        let libraries = try await unpackLibraries(operation, in: workspace)
        try await tool(
            [
                "dpkg-shlibdeps", "-T/outputs/substvars", "-S\(Self.tree)",
                "-l\(Self.tree)\(operation.prefix)/lib",
            ] + libraries + binaries, operation, in: workspace)
        let text = try Files.readText(workspace.outputs.appending("substvars"))
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0] == "shlibs:Depends" else { continue }
            return parts[1].split(separator: ",").map { $0.trimmingPrefix(" ") }.map(String.init)
        }
        throw try run.failure("dpkg-shlibdeps found no dependency of \(operation.name)")
    }

    /// Unpacks the packages of the variant's allocator, which the root does not have installed.
    ///
    /// - Returns: what tells dpkg-shlibdeps of them and of the dependencies they ask for.
    private func unpackLibraries(_ operation: PackageOperation, in workspace: Workspace)
        async throws -> [String]
    {
        let folder = workspace.build.appending(PackageOperation.libraries)
        try Files.createDirectory(folder)
        var arguments: [String] = []
        for input in run.inputs.keys.sorted()
        where input.hasPrefix("\(PackageOperation.libraries)/") {
            let name = FilePath(input).stem ?? ""
            let target = "/build/\(PackageOperation.libraries)/\(name)"
            try await tool(
                ["dpkg-deb", "--raw-extract", "/inputs/\(input)", target], operation, in: workspace)
            arguments.append("-S\(PackageOperation.libraries)/\(name)")
            let found = folder.appending(name).pushing("usr/lib")
            for entry in Files.isDirectory(found) ? try Files.names(in: found) : [] {
                arguments.append("-l\(PackageOperation.libraries)/\(name)/usr/lib/\(entry)")
            }
        }
        return arguments
    }

    /// Writes copyright and changelog; returns their folder inside the sandbox.
    private func writeDocumentation(_ operation: PackageOperation, in workspace: Workspace) throws
        -> String
    {
        let texts = LicenceTexts(
            copying: try licence("COPYING", in: workspace),
            bsdl: try licence("BSDL", in: workspace),
            legal: try licence("LEGAL", in: workspace))
        let relative = "\(Self.tree)/usr/share/doc/\(operation.name)"
        let folder = workspace.build.pushing(FilePath(relative))
        try Files.createDirectory(folder)
        let package = try binaryPackage(operation, depends: [], installedSizeKiB: 0)
        try Files.write(
            try texts.copyrightText(source: operation.homepage),
            to: folder.appending("copyright"))
        try Files.write(
            try package.changelog(
                distribution: operation.suite,
                changes: [
                    "\(operation.summary): packaging revision \(package.version.revision ?? "")."
                ]),
            to: folder.appending("changelog.Debian"))
        return "/build/\(relative)"
    }

    /// A licence text that came with the source; never a link out of the archive.
    private func licence(_ name: String, in workspace: Workspace) throws -> String {
        let path = "\(Self.unpacked)/licenses/\(name)"
        guard FileTree.isPlainFile(path, below: workspace.build) else {
            throw try run.failure("the installed tree has no licence text `\(name)`")
        }
        return try Files.readText(workspace.build.pushing(FilePath(path)))
    }

    private func writeControl(
        _ operation: PackageOperation, depends: [String], in workspace: Workspace
    ) throws {
        let tree = workspace.build.appending(Self.tree)
        let entries = try FileTree.entries(below: tree).filter { $0.path != "DEBIAN" }
        let size = InstalledSize.kibibytes(
            of: entries.map { entry in
                switch entry.kind {
                case .file, .link:
                    entry.isFurtherHardLink ? .hardLink : .content(bytes: entry.size)
                case .folder, .other: .other
                }
            })
        let sums = try entries.filter { $0.kind == .file }.map { entry in
            (path: entry.path, md5: try FileDigests.md5(of: tree.pushing(FilePath(entry.path))))
        }
        let package = try binaryPackage(
            operation, depends: depends + operation.depends, installedSizeKiB: size)
        let control = tree.appending("DEBIAN")
        try Files.createDirectory(control)
        try Files.write(try package.controlText(), to: control.appending("control"))
        try Files.write(try Checksums.md5sums(sums), to: control.appending("md5sums"))
        if operation.debugSymbolsOf == nil {
            try Files.write(package.postrm, to: control.appending("postrm"), mode: 0o755)
        }
    }

    private func binaryPackage(
        _ operation: PackageOperation, depends: [String], installedSizeKiB: Int64
    ) throws -> BinaryPackage {
        let isDebug = operation.debugSymbolsOf != nil
        return BinaryPackage(
            vendor: operation.vendor, name: try PackageName(operation.name),
            version: try DebianVersion(operation.version), architecture: operation.architecture,
            maintainer: operation.maintainer, homepage: operation.homepage,
            prefix: try InstallPrefix(operation.prefix), summary: operation.summary,
            longDescription: operation.description, depends: depends,
            section: isDebug ? "debug" : "ruby", recommends: isDebug ? [] : ["ca-certificates"],
            provides: isDebug ? [] : ["\(operation.vendor)-ruby"],
            installedSizeKiB: installedSizeKiB, date: UTCDate(seconds: operation.epoch))
    }
}
