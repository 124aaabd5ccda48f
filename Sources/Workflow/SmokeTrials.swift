package import Diagnostics
import Digest
package import Execution
import Foundation
import HostSystem
import Planning
import Store
package import SystemPackage

/// The packages that were tried, in the order of the plan.
package struct SmokeTrials: Sendable, Hashable {
    /// One package that was tried.
    package struct Trial: Sendable, Hashable {
        package let report: SmokeReport
        /// Everything that was run and printed.
        package let log: FilePath

        package init(report: SmokeReport, log: FilePath) {
            self.report = report
            self.log = log
        }
    }

    package let all: [Trial]

    package init(_ all: [Trial]) {
        self.all = all
    }

    package var reports: [SmokeReport] { all.map(\.report) }

    /// Why the job failed: every package with a check that did; nil when all is well.
    package var failure: Failure? {
        let bad = all.filter { !$0.report.failed.isEmpty }
        guard let first = bad.first else { return nil }
        let details = bad.flatMap { trial in
            (bad.count > 1 ? ["\(trial.report.package) \(trial.report.version):"] : [])
                + Self.lines(of: trial)
        }
        guard bad.count > 1 else {
            let report = first.report
            let count = "\(report.failed.count) of \(report.checks.count) smoke checks"
            return Failure(
                .failed, "\(report.package) \(report.version) failed \(count)", details: details)
        }
        return Failure(
            .failed, "\(bad.count) of \(all.count) packages failed smoke checks", details: details)
    }

    private static func lines(of trial: Trial) -> [String] {
        trial.report.failed.flatMap { check in
            ["\(check.name): \(check.reason)"]
                + check.output.split(whereSeparator: \.isNewline).suffix(20).map { "    \($0)" }
        } + ["the whole log: \(trial.log)"]
    }
}

extension SmokeReport {
    /// Reads a report that a smoke action left in the store.
    static func read(_ digest: SHA256Digest, from store: ArtifactStore) throws -> SmokeReport {
        let bytes = try Files.readBytes(store.path(of: digest))
        return try JSONDecoder().decode(SmokeReport.self, from: Data(bytes))
    }
}

extension BuildWorkflow.Run {
    /// What the plan tried.
    func trials(in store: ArtifactStore) throws -> SmokeTrials {
        SmokeTrials(
            try plan.actions.filter(\.isSmoke).compactMap { outcomes[$0.id] }.map { outcome in
                guard let report = outcome.result.outputs["report"] else {
                    throw Failure(.internalError, "`\(outcome.id)` made no report")
                }
                return SmokeTrials.Trial(
                    report: try SmokeReport.read(report.sha256, from: store), log: outcome.log)
            })
    }
}
