import Diagnostics
import Digest
import HostSystem
import Planning
import Sandbox
import Store
import SystemPackage

/// Runs the programs of a `StepsOperation` under the one fixed path /build.
struct StepsRunner: Sendable {
    let run: ActionRun

    func perform(_ program: StepsOperation) async throws -> [String: ActionResult.Output] {
        try await run.inWorkspace("build", mayBeInMemory: true) { workspace in
            let cache = program.usesCompileCache ? try compileCache() : nil
            try await run.tools.shuffling(workspace, log: run.log) {
                try await perform(
                    program.steps, environment: program.environment, in: workspace, cache: cache)
            }
            var outputs: [String: ActionResult.Output] = [:]
            for (name, file) in program.outputs.sorted(by: { $0.key < $1.key }) {
                // A link or a pipe is no output: reading one could leave the folder, or hang.
                guard FileTree.isPlainFile(file, below: workspace.outputs) else {
                    throw try run.failure("`\(run.id)` made no file `\(file)`")
                }
                let path = workspace.outputs.appending(file)
                outputs[name] = run.output(try run.tools.store.adopt(path, name: file))
            }
            return outputs
        }
    }

    /// The folder of what compilers made before in the action's root.
    private func compileCache() throws -> SandboxSpec.Bind {
        let folder = run.tools.store.home.compileCache.appending(try run.digest("root").hex)
        try Files.createDirectory(folder)
        return SandboxSpec.Bind(folder, at: FilePath(CompileCache.folder), isReadOnly: false)
    }

    /// Runs steps one after another in a workspace.
    func perform(
        _ steps: [StepsOperation.Step], environment: [String: String], in workspace: Workspace,
        cache: SandboxSpec.Bind? = nil
    ) async throws {
        for step in steps {
            if let archive = step.archive {
                run.step("look at the archive")
                try await ArchiveGuard(run: run).check(
                    archive, inputs: workspace.inputs, in: workspace.listing)
            }
            run.step(step.title)
            try await perform(step, environment: environment, in: workspace, cache: cache)
        }
    }

    private func perform(
        _ step: StepsOperation.Step, environment: [String: String], in workspace: Workspace,
        cache: SandboxSpec.Bind?
    ) async throws {
        let arguments = step.arguments.map {
            $0.replacing("{jobs}", with: String(run.tools.jobs))
        }
        // What `lapidary shell` repeats, when there are no others to share slots with.
        let spec = workspace.spec(
            root: try run.rootTree(), environment: environment,
            workingDirectory: FilePath(step.workingDirectory), arguments: arguments,
            adding: cache)
        let sharing = run.pipe.flatMap {
            step.sharesJobs ? spec.sharingJobs($0, slots: run.tools.jobs, of: step) : nil
        }
        let logStart = try Files.size(of: run.log)
        let ending = try await run.sandbox.run(sharing ?? spec, appendingTo: run.log)
        guard ending != .exited(0) else { return }
        var failure = try run.failure("`\(run.id)` failed at step `\(step.title)`: \(ending)")
        if case .stopped(let reason) = ending {
            failure = try run.failure(
                "`\(run.id)` was stopped at step `\(step.title)`: \(reason)")
        } else if let patch = step.patch {
            let output = try Files.readText(run.log, from: logStart)
            failure = try run.failure(
                PatchRejection.message(patch: patch, output: output),
                hint: "refresh the patch against this release's source")
        }
        throw StepFailure(
            failure: failure, title: step.title, spec: spec, workspace: workspace.folder)
    }
}

extension SandboxSpec {
    /// The same make as one among others that share job slots.
    func sharingJobs(_ pipe: JobPipe, slots: Int, of step: StepsOperation.Step) -> SandboxSpec {
        let inside: FilePath = "/tmp/jobs"
        let make = step.arguments.filter { $0 != StepsOperation.Step.jobsArgument }
        return SandboxSpec(
            profile: profile, root: root,
            // Read-only is enough: it is no file of that file system that is written to.
            binds: binds + [Bind(pipe.path, at: inside, isReadOnly: true)],
            environment: environment.merging(["MAKEFLAGS": JobPipe.flags(slots: slots)]) { $1 },
            workingDirectory: workingDirectory, arguments: JobPipe.opening(inside, for: make))
    }
}

/// Says in one sentence why patch(1) refused a patch.
enum PatchRejection {
    /// Names the first hunk that failed.
    ///
    /// What patch prints of it is `patching file gc.c`, then `Hunk #2 FAILED at 5991.`
    static func message(patch: String, output: String) -> String {
        var file: Substring?
        for line in output.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("patching file ") || line.hasPrefix("checking file ") {
                file = line.split(separator: " ").last
            }
            if line.hasPrefix("Hunk #"), line.contains("FAILED") {
                let words = line.split(separator: " ")
                let place = words.last?.filter(\.isNumber) ?? "?"
                return "the patch `\(patch)` no longer applies:"
                    + " hunk \(words[1]) of \(file ?? "a file") fails at line \(place)"
            }
        }
        if let name = output.firstMatch(of: /Ignoring potentially dangerous file name (.+)/)?.1 {
            return "the patch `\(patch)` is refused: it would write to `\(name)`, out of the tree"
        }
        let reason = output.split(whereSeparator: \.isNewline).last ?? "patch gave no reason"
        return "the patch `\(patch)` cannot be applied: \(reason)"
    }
}
