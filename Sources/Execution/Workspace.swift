import Diagnostics
import HostSystem
import Sandbox
import Store
import SystemPackage

/// The folders of one sandboxed action.
struct Workspace: Sendable {
    let folder: FilePath

    /// A folder, or a link to one in memory.
    var build: FilePath { folder.appending("build") }
    var inputs: FilePath { folder.appending("inputs") }
    var outputs: FilePath { folder.appending("outputs") }
    /// What the archive guard has listed.
    var listing: FilePath { folder.appending("listing") }
    /// What lies in the build folder while that shows its files in another order.
    var unshuffled: FilePath { folder.appending("unshuffled") }

    func prepare(buildingIn memory: FilePath? = nil) throws {
        for path in [inputs, outputs, listing] { try Files.createDirectory(path) }
        if let memory {
            try Files.symbolicLink(at: build, to: memory)
        } else {
            try Files.createDirectory(build)
        }
    }

    func spec(
        root: FilePath, environment: [String: String], workingDirectory: FilePath,
        arguments: [String], adding bind: SandboxSpec.Bind? = nil
    ) -> SandboxSpec {
        SandboxSpec(
            profile: .build, root: root,
            binds: [
                SandboxSpec.Bind(build, at: "/build", isReadOnly: false),
                SandboxSpec.Bind(inputs, at: "/inputs", isReadOnly: true),
                SandboxSpec.Bind(outputs, at: "/outputs", isReadOnly: false),
            ] + (bind.map { [$0] } ?? []), environment: environment,
            workingDirectory: workingDirectory, arguments: arguments)
    }
}

extension ActionRun {
    /// Runs `body` in a workspace with the action's inputs, which lives as long as it, and longer
    /// where a step failed that somebody may want to look into.
    ///
    /// What does not fit into memory is done once more on disk.
    func inWorkspace<Value>(
        _ name: String, mayBeInMemory: Bool, _ body: (Workspace) async throws -> Value
    ) async throws -> Value {
        guard mayBeInMemory, !tools.world.shufflesFolders, let memory = tools.memory,
            let folder = memory.makeFolder()
        else { return try await onDisk(name, body) }
        do {
            defer { memory.remove(folder) }
            return try await onDisk(name) { workspace in
                try await inMemory(folder, workspace, body)
            } prepared: {
                try $0.prepare(buildingIn: folder)
            }
        } catch is MemoryIsFull {
            step("memory is full: once more on disk")
            return try await onDisk(name, body)
        }
    }

    private struct MemoryIsFull: Error {}

    private func onDisk<Value>(
        _ name: String, _ body: (Workspace) async throws -> Value,
        prepared prepare: (Workspace) throws -> Void = { try $0.prepare() }
    ) async throws -> Value {
        try await TemporaryDirectory.with(
            in: tools.store.home.temporary, name: name, keptOn: { $0 is StepFailure }
        ) { folder in
            let workspace = Workspace(folder: folder)
            try prepare(workspace)
            try exposeInputs(in: workspace.inputs)
            return try await body(workspace)
        }
    }

    private func inMemory<Value>(
        _ memory: FilePath, _ workspace: Workspace, _ body: (Workspace) async throws -> Value
    ) async throws -> Value {
        do {
            return try await body(workspace)
        } catch {
            guard !Task.isCancelled else { throw error }
            if try Files.freeBytes(at: memory) < tools.limits.reserve { throw MemoryIsFull() }
            guard let failed = error as? StepFailure else { throw error }
            // Where nobody can look into it, there is nothing to keep.
            guard try await keep(memory, as: workspace.build) else { throw failed.failure }
            throw failed
        }
    }

    /// Copies a folder from memory to where the link to it was.
    private func keep(_ memory: FilePath, as place: FilePath) async throws -> Bool {
        try Files.remove(place)
        let copy = Command("cp", ["--archive", "--", memory.string, place.string])
        return try await tools.runner.capture(copy).succeeded
    }
}
