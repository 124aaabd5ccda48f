import Diagnostics
import Foundation
package import HostSystem
package import Measurement
import Sandbox
package import SystemPackage

/// A sandbox with the tree of a package at its own place: what is measured of packages.
package struct PackageRoom: MeasuringRoom {
    package let ruby: String
    /// The root file system; the machine's own for a .deb that no suite is known of.
    private let root: FilePath
    /// The folder with the package's `opt`, and with `libraries` of its allocator.
    private let tree: FilePath
    /// The folder with the programs that are run.
    private let workloads: FilePath
    private let runner: any CommandRunner

    /// Everything of ours is below /tmp, for no root but a build's has a place for it.
    private static let place = "/tmp/lapidary"
    private static let runFolder = "\(place)/run"

    /// What a measured program may use in all.
    private static func limits(_ seconds: Double) -> Limits {
        var limits = Limits.standard
        limits.duration = .seconds(seconds)
        return limits
    }

    package func inside(_ path: FilePath) -> String {
        guard path.starts(with: workloads) else { return Self.runFolder }
        var relative = path
        _ = relative.removePrefix(workloads)
        return "\(Self.place)/workloads/\(relative)"
    }

    package func outside(_ path: String) -> FilePath {
        let relative = FilePath(String(path.drop { $0 == "/" }))
        let own = tree.pushing(relative)
        return Files.exists(own) ? own : root.pushing(relative)
    }

    package func process(leader: Int32, announced: Int32) -> Int32? {
        ProcessTable.process(numbered: announced, startedBy: leader)
    }

    package func run(
        _ program: MeasuredProgram, started: @escaping @Sendable (Int32) -> Void
    ) async throws -> RunEnding {
        let libraries = try Self.libraryFolders(in: tree.appending(Self.libraries))
        var environment = ["HOME": "/tmp"]
        if !libraries.isEmpty {
            environment["LD_LIBRARY_PATH"] =
                libraries.map { "\(Self.place)/libraries/\($0)" }.joined(separator: ":")
        }
        let start = ContinuousClock.now
        let sandbox = BubblewrapSandbox(runner: runner, limits: Self.limits(program.timeout))
        let ending = try await sandbox.run(
            SandboxSpec(
                profile: .build, root: root,
                binds: [
                    SandboxSpec.Bind(tree.appending("opt"), at: "/opt", isReadOnly: true),
                    SandboxSpec.Bind(
                        tree.appending(Self.libraries), at: FilePath("\(Self.place)/libraries"),
                        isReadOnly: true),
                    SandboxSpec.Bind(
                        workloads, at: FilePath("\(Self.place)/workloads"), isReadOnly: true),
                    SandboxSpec.Bind(
                        program.folder, at: FilePath(Self.runFolder), isReadOnly: false),
                ],
                environment: environment.merging(program.environment) { $1 },
                workingDirectory: "/tmp", arguments: [ruby] + program.arguments),
            appendingTo: program.log, onStart: started)
        switch ending {
        case .exited(let code): return .exited(code)
        case .killed(let signal): return .killed(signal: signal)
        case .stopped(let reason):
            guard ContinuousClock.now - start >= .seconds(program.timeout) else {
                throw Failure(.failed, "a measured program was stopped: \(reason)")
            }
            return .timedOut(seconds: program.timeout)
        }
    }

    static let libraries = "libraries"

    /// The folders with shared libraries in a tree of Debian packages, relative to it.
    private static func libraryFolders(in tree: FilePath) throws -> [String] {
        let parent = tree.pushing("usr/lib")
        guard Files.isDirectory(parent) else { return [] }
        return try Files.names(in: parent).filter { Files.isDirectory(parent.appending($0)) }
            .map { "usr/lib/\($0)" }
    }

    /// Lays packages open, in the sandbox.
    ///
    /// - Parameters:
    ///   - deb: the package with a Ruby.
    ///   - allocator: packages of the allocator it is linked with.
    ///   - root: the root file system it shall run in.
    ///   - folder: an empty folder.
    ///   - workloads: the folder with the programs that will be run.
    ///   - runner: starts programs.
    /// - Returns: the room.
    /// - Throws: `Failure` of kind `usage` when the .deb holds no Ruby, or not exactly one.
    package static func unpacked(
        _ deb: FilePath, allocator: [FilePath], root: FilePath, in folder: FilePath,
        workloads: FilePath, runner: any CommandRunner
    ) async throws -> PackageRoom {
        let tree = folder.appending("tree")
        let packages = folder.appending("packages")
        for path in [tree, tree.appending("opt"), tree.appending(Self.libraries), packages] {
            try Files.createDirectory(path)
        }
        let sandbox = BubblewrapSandbox(runner: runner)
        for (number, file) in ([deb] + allocator).enumerated() {
            let name = "\(number).deb"
            try Files.linkOrCopy(file, to: packages.appending(name))
            let target = number == 0 ? "tree" : "tree/\(Self.libraries)"
            let result = try await sandbox.capture(
                SandboxSpec(
                    profile: .build, root: root,
                    binds: [
                        SandboxSpec.Bind(
                            packages, at: FilePath("\(place)/packages"), isReadOnly: true),
                        SandboxSpec.Bind(tree, at: FilePath("\(place)/tree"), isReadOnly: false),
                    ], environment: [:], workingDirectory: "/tmp",
                    arguments: [
                        "dpkg-deb", "--extract", "\(place)/packages/\(name)", "\(place)/\(target)",
                    ]))
            guard result.succeeded else {
                throw Failure(
                    .usage, "could not unpack `\(file)`: it ended with \(result.ending)",
                    details: result.standardError.split(separator: "\n").suffix(5)
                        .map(String.init), hint: "is it a complete .deb?")
            }
        }
        let rubies = tree.pushing("opt/rubies")
        let found = (try? Files.names(in: rubies))?.filter {
            Files.exists(rubies.appending($0).pushing("bin/ruby"))
        }
        guard let name = found?.first, found?.count == 1 else {
            throw Failure(
                .usage, "`\(deb)` has no Ruby below /opt/rubies, or several",
                hint: "name a package with an interpreter, not its debug symbols")
        }
        return PackageRoom(
            ruby: "/opt/rubies/\(name)/bin/ruby", root: root, tree: tree, workloads: workloads,
            runner: runner)
    }
}
