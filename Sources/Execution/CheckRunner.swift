import Diagnostics
import Digest
import Foundation
import HostSystem
import Planning
import Sandbox
import Store
import SystemPackage

/// Runs Ruby's own tests in the tree that a variant was compiled in.
struct CheckRunner: Sendable {
    let run: ActionRun

    /// How many failing tests a message tells of, and how many lines of each.
    private static let shownTests = 10
    private static let shownLines = 12

    func perform(_ operation: CheckOperation) async throws -> FileDigests {
        // On disk, as Ruby's tests try what file systems can do.
        try await run.inWorkspace("check", mayBeInMemory: false) { workspace in
            try await StepsRunner(run: run).perform(
                operation.preparation, environment: operation.environment, in: workspace)
            var runs: [(output: TestOutput, seconds: Double)] = []
            for program in operation.programs {
                run.step(program.name.rawValue)
                let start = ContinuousClock.now
                let output = try await perform(program, of: operation, in: workspace)
                runs.append((output, (ContinuousClock.now - start) / .seconds(1)))
            }
            let report = TestReport(operation, runs: runs)
            guard report.failures.isEmpty else {
                throw try failure(report, operation, in: workspace)
            }
            let file = workspace.folder.appending("report.json")
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try Files.write(Array(try encoder.encode(report)), to: file)
            return try run.tools.store.adopt(file, name: "test report")
        }
    }

    private func perform(
        _ program: CheckOperation.Program, of operation: CheckOperation, in workspace: Workspace
    ) async throws -> TestOutput {
        let start = try Files.size(of: run.log)
        let ending = try await run.tools.sandbox.run(
            try spec(of: program, operation, in: workspace), appendingTo: run.log)
        return TestOutput(
            program.name, try Files.readText(run.log, from: start), ending: ending)
    }

    private func spec(
        of program: CheckOperation.Program, _ operation: CheckOperation, in workspace: Workspace
    ) throws -> SandboxSpec {
        workspace.spec(
            root: try run.rootTree(), environment: operation.environment,
            workingDirectory: FilePath(program.workingDirectory), arguments: program.arguments)
    }

    /// Names every test that failed; the sandbox that is kept repeats the first such program.
    private func failure(
        _ report: TestReport, _ operation: CheckOperation, in workspace: Workspace
    ) throws -> StepFailure {
        var lines: [String] = []
        for failed in report.failures.prefix(Self.shownTests) {
            lines.append(failed.name)
            lines += failed.message.prefix(Self.shownLines).map { "    \($0)" }
        }
        let more = report.failures.dropFirst(Self.shownTests).map(\.name)
        if !more.isEmpty { lines.append("and: \(more.joined(separator: ", "))") }
        let count = report.failures.count
        let failing = zip(operation.programs, report.programs).first { !$1.failures.isEmpty }?.0
        guard let program = failing else {
            throw Failure(.internalError, "no test program of `\(run.id)` failed")
        }
        return StepFailure(
            failure: Failure(
                .failed,
                "`\(run.id)` failed \(count) of Ruby's own tests"
                    + " that the recipe does not list as failing",
                details: lines + ["the whole log: \(run.log)"],
                hint: "when the plain variant fails it too, list it with the reason under"
                    + " `known-failures` of the series' recipe"),
            title: program.name.rawValue,
            spec: try spec(of: program, operation, in: workspace), workspace: workspace.folder)
    }
}
