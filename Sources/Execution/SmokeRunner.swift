import Diagnostics
import Digest
import Foundation
import HostSystem
import Planning
import Recipe
import Store
import SystemPackage

/// Tries a package as a user would: apt in a clean root, then the installed Ruby.
struct SmokeRunner: Sendable {
    let run: ActionRun

    /// Makes every check that is asked for.
    ///
    /// - Returns: the report, whether or not all went well, and its file in the store.
    /// - Throws: `Failure` when the package cannot be judged: no room, no tools.
    func perform(_ operation: SmokeOperation) async throws -> (SmokeReport, FileDigests) {
        let temporary = run.tools.store.home.temporary
        return try await TemporaryDirectory.with(in: temporary, name: "smoke") { folder in
            let room = SmokeRoom(folder: folder, operation: operation, run: run)
            try await room.prepare()
            let checks = try await check(operation, in: room)
            let report = SmokeReport(
                of: operation, size: try Files.size(of: try run.file("deb")),
                sha256: try run.digest("deb"), checks: checks)
            let file = folder.appending("report.json")
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try Files.write(Array(try encoder.encode(report)), to: file)
            return (report, try run.tools.store.adopt(file, name: "smoke report"))
        }
    }

    /// All checks in order; a failing one does not keep the later ones from being made, as long as
    /// the package could be installed.
    private func check(_ operation: SmokeOperation, in room: SmokeRoom) async throws
        -> [SmokeReport.Check]
    {
        guard let first = operation.checks.first, first.method == .life(.install) else {
            throw Failure(.internalError, "no check installs \(operation.package)")
        }
        let life = PackageLife(room: room)
        var known = try await room.paths()
        let installed = try await timed(first) {
            try await life.verdict(on: .install, known: [])
        }
        let others = operation.checks.dropFirst()
        guard installed.outcome == .passed else {
            return [installed]
                + others.map {
                    SmokeReport.Check(
                        name: $0.name, reason: $0.reason, outcome: .skipped,
                        output: "the package could not be installed", seconds: 0)
                }
        }
        var checks = [installed]
        var tools: Set<String> = []
        for check in others {
            // Not before they are needed: a tool's libraries could stand in for a dependency that
            // our package forgot.
            let missing = check.tools.filter { tools.insert($0).inserted }
            if !missing.isEmpty { known.formUnion(try await life.install(tools: missing)) }
            let before = known
            checks.append(
                try await timed(check) {
                    switch check.method {
                    case .script(let script): try await room.run(script)
                    case .life(let event):
                        try await life.verdict(on: event, known: before)
                    }
                })
        }
        return checks
    }

    private func timed(
        _ check: SmokeOperation.Check, _ body: () async throws -> SmokeVerdict
    ) async throws -> SmokeReport.Check {
        run.step(check.name)
        let start = ContinuousClock.now
        let verdict = try await body()
        return SmokeReport.Check(
            name: check.name, reason: check.reason, outcome: verdict.passed ? .passed : .failed,
            output: verdict.output, seconds: (ContinuousClock.now - start) / .seconds(1))
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
