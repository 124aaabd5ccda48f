import Diagnostics
import Digest
package import Execution
import Foundation
package import HostSystem
import Planning
import Recipe
import Sandbox
package import Store
package import SystemPackage

/// Opens the sandbox of a step as it failed, or that of a build that has not begun.
///
/// It does not hold the home's lock, for a person may stay inside for hours; the workspace and the
/// root are marked as used, so that no build and no `cache` command removes them meanwhile.
package struct ShellWorkflow: Sendable {
    /// What is opened.
    package struct Room: Sendable {
        let spec: SandboxSpec
        /// The failure whose workspace it is; nil for an empty one.
        package let failure: FailedAction?
        /// The folder to hold; nil for a root alone.
        let workspace: FilePath?

        /// The unpacked root file system.
        package var root: FilePath { spec.root }

        /// The failed step's program as a person would type it; empty where nothing failed.
        package var stepCommand: String {
            guard let program = spec.arguments.first else { return "" }
            return Command(program, Array(spec.arguments.dropFirst())).displayed
        }
    }

    /// How a person talks to the sandbox.
    package enum Conversation: Sendable {
        /// A program that runs to its end.
        case command([String])
        /// A shell on the terminal of the given type (`TERM`).
        case shell(terminalType: String)
    }

    /// Repeats the failed step, inside the sandbox.
    package static let stepScript: FilePath = "/tmp/step"

    private let store: ArtifactStore
    private let runner: any TerminalRunner

    package init(home: Home, runner: any TerminalRunner) {
        store = ArtifactStore(home: home)
        self.runner = runner
    }

    /// Finds what to open.
    ///
    /// - Parameters:
    ///   - query: whose sandbox.
    ///   - kind: only actions of this kind, when it is given.
    /// - Returns: the newest failure that is meant; without one, the build root of the cell.
    /// - Throws: `Failure` with what to do when there is neither.
    package func room(for query: ActionQuery, kind: String?) throws -> Room {
        let records = try ActionHistory(store: store).records()
        let meant = try query.matches(in: records, kind: kind)
        if let entry = meant.compactMap(\.failure).first(where: { $0.record.step != nil }) {
            return try room(of: entry)
        }
        if let record = meant.compactMap(\.failure).first?.record {
            throw Failure(
                .failed, "`\(record.action)` left no sandbox to open: \(record.message)",
                hint: "its log: lapidary logs \(record.action)")
        }
        guard let cell = query.cells.first, kind == nil else {
            throw Failure(
                .failed, "no failed action of `\(query.words)` is known",
                hint: query.cells.isEmpty
                    ? "a selection such as 3.3@plain opens the root that it is built in"
                    : "leave out --action to open whatever failed, or the build root")
        }
        let name = "root build \(cell.suite.name)/\(cell.architecture)"
        let trees = records.filter { $0.action == name }
            .compactMap { $0.outputs["root"].map { store.home.roots.appending($0.sha256.hex) } }
        guard let root = trees.first(where: Files.isDirectory) else {
            throw Failure(
                .failed, "nothing failed of \(cell), and its build root is not in the home yet",
                hint: "make it: lapidary build \(cell)")
        }
        return Room(
            spec: SandboxSpec(
                profile: .build, root: root, binds: [], environment: [:],
                workingDirectory: "/build", arguments: []), failure: nil, workspace: nil)
    }

    private func room(of entry: FailedActions.Entry) throws -> Room {
        let record = entry.record
        guard let spec = try record.step?.spec(in: store.home), entry.hasWorkspace,
            Files.isDirectory(spec.root)
        else {
            throw Failure(
                .failed, "the sandbox of `\(record.action)` is not kept any more",
                hint: "the newest \(FailedActions.workspaceLimit) are, as long as the disk has"
                    + " room; run the build again to see it fail again")
        }
        return Room(
            spec: spec, failure: record, workspace: FailedActions.workspace(in: entry.folder))
    }

    /// Runs a program, or a shell, in a room.
    ///
    /// - Parameters:
    ///   - room: what `room(for:kind:)` gave.
    ///   - conversation: what runs.
    /// - Returns: how it ended.
    /// - Throws: `Failure` of kind `environment` when it cannot be started, `failed` when the
    ///   workspace has gone meanwhile.
    package func open(_ room: Room, _ conversation: Conversation) async throws
        -> CommandResult.Ending
    {
        // Not in the home's temporary folder: a build that gets the lock empties that.
        let parent = FilePath(FileManager.default.temporaryDirectory.path)
        return try await TemporaryDirectory.with(in: parent, name: "lapidary-shell") { folder in
            let ending = try await FolderUse.with(room.root) { () -> CommandResult.Ending? in
                guard let workspace = room.workspace else {
                    return try await run(room, conversation, in: folder)
                }
                return try await FolderUse.with(workspace) {
                    try await run(room, conversation, in: folder)
                }
            }
            guard let ending = ending ?? nil else {
                throw Failure(
                    .failed, "the sandbox was removed by a command that just ended",
                    hint: "run the same command again")
            }
            return ending
        }
    }

    private func run(_ room: Room, _ conversation: Conversation, in folder: FilePath) async throws
        -> CommandResult.Ending
    {
        let sandbox = TerminalSandbox(runner: runner)
        var spec = room.spec
        var binds = spec.binds
        if room.failure == nil {
            let build = folder.appending("build")
            try Files.createDirectory(build)
            binds.append(SandboxSpec.Bind(build, at: "/build", isReadOnly: false))
        } else {
            let script = folder.appending("step")
            try Files.write(
                "#!/bin/sh\ncd \(spec.workingDirectory) && exec \(room.stepCommand)\n",
                to: script, mode: 0o755)
            binds.append(SandboxSpec.Bind(script, at: Self.stepScript, isReadOnly: true))
        }
        func with(_ arguments: [String], _ more: [String: String] = [:]) -> SandboxSpec {
            SandboxSpec(
                profile: spec.profile, root: spec.root, binds: binds,
                environment: spec.environment.merging(more) { $1 },
                workingDirectory: spec.workingDirectory, arguments: arguments)
        }
        switch conversation {
        case .command(let arguments):
            return try await sandbox.run(with(arguments))
        case .shell(let terminalType):
            // Both are in the process-id namespace of the sandbox, and the terminal's group is not:
            // bash does without giving the terminal back to it, dash ends with a complaint.
            let shell = Files.exists(spec.root.pushing("bin/bash")) ? "bash" : "sh"
            spec = with([shell, "-i"], ["TERM": terminalType])
            return try await sandbox.runInteractively(spec, filterIn: folder)
        }
    }
}
