import Diagnostics
import Digest
import Foundation
import HostSystem
import Planning
import Sandbox
import Store
import SystemPackage

/// Tries a package as a user would: apt in a clean root, then the installed Ruby.
struct SmokeRunner: Sendable {
    let run: ActionRun

    func perform(_ operation: SmokeOperation) async throws -> FileDigests {
        let temporary = run.tools.store.home.temporary
        return try await TemporaryDirectory.with(in: temporary, name: "smoke") { folder in
            let room = SmokeRoom(folder: folder, operation: operation, run: run)
            try await room.prepare()
            let checks = try await check(operation, in: room)
            let report = SmokeReport(
                package: operation.package, version: operation.version, suite: operation.suite,
                sha256: try run.digest("deb"), checks: checks)
            guard report.failed.isEmpty else { throw try failure(report) }
            let file = folder.appending("report.json")
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try Files.write(Array(try encoder.encode(report)), to: file)
            return try run.tools.store.adopt(file, name: "smoke report")
        }
    }

    /// All checks in order; a failing one does not keep the later ones from running, as long as
    /// the package could be installed.
    private func check(_ operation: SmokeOperation, in room: SmokeRoom) async throws
        -> [SmokeReport.Check]
    {
        var checks: [SmokeReport.Check] = []
        let life = PackageLife(room: room)
        let before = try await room.paths()
        checks.append(
            try await timed(
                "install",
                "the package and what it needs must install with apt from a signed"
                    + " repository", life.install))
        guard checks.allSatisfy(\.passed) else { return checks }
        // The scripts that compile need a compiler; what our package needs was proven before.
        let tools = try await life.installTools()
        for script in operation.checks {
            checks.append(
                try await timed(script.name, script.reason) { try await room.run(script) })
        }
        checks.append(
            try await timed(
                "remove", "removing the package must keep the gems that people installed",
                life.remove))
        checks.append(
            try await timed(
                "purge", "purging the package must leave nothing of it behind"
            ) { try await life.purge(known: before.union(tools)) })
        return checks
    }

    private func timed(
        _ name: String, _ reason: String, _ body: () async throws -> SmokeVerdict
    ) async throws -> SmokeReport.Check {
        run.step(name)
        let start = ContinuousClock.now
        let verdict = try await body()
        return SmokeReport.Check(
            name: name, reason: reason, passed: verdict.passed, output: verdict.output,
            seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    private func failure(_ report: SmokeReport) throws -> Failure {
        let failed = report.failed
        let lines = failed.flatMap { check in
            ["\(check.name): \(check.reason)"]
                + check.output.split(whereSeparator: \.isNewline).suffix(20).map { "    \($0)" }
        }
        let count = "\(failed.count) of \(report.checks.count) smoke checks"
        return Failure(
            .failed, "\(report.package) \(report.version) failed \(count)",
            details: lines + ["the whole log: \(run.log)"])
    }
}

/// How one check went.
struct SmokeVerdict: Sendable {
    let passed: Bool
    /// What was proven, or what went wrong.
    let output: String

    static func passed(_ output: String) -> SmokeVerdict {
        SmokeVerdict(passed: true, output: output)
    }

    static func failed(_ output: String) -> SmokeVerdict {
        SmokeVerdict(passed: false, output: output)
    }
}
