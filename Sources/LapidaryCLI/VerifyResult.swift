import Diagnostics
import Digest
import Evidence
import SystemPackage
import Terminal
import Workflow

/// What `verify` says in the end, for people and for programs.
struct VerifyResult: Encodable {
    struct Artifact: Encodable {
        let name: String
        let expected: String
        let found: String?
        let same: Bool
    }

    struct Run: Encodable {
        let status: Verdict.Status
        /// Wall-clock seconds of the rebuild's actions.
        let seconds: Double
        let reason: String?
        let artifacts: [Artifact]
    }

    struct Skipped: Encodable {
        let variation: Variation
        let reason: String
    }

    struct Difference: Encodable {
        /// Groups of variations that act together; empty when it is chance or unexplained.
        let variations: [[Variation]]
        let random: Bool
        let afterCompile: Bool
        let rebuilds: Int
        let kept: String?
        let excerpt: [String]
    }

    struct Subject: Encodable {
        let subject: String
        let status: Verdict.Status
        let varied: [Variation]
        let skipped: [Skipped]
        let runs: [Run]
        let difference: Difference?
        /// Wall-clock seconds of one usual build.
        let usualSeconds: Double?
        let notes: [String]
    }

    let schema = JSONOutput.schema
    let subjects: [Subject]
    private let verdicts: [Verdict]

    private enum CodingKeys: CodingKey { case schema, subjects }

    init(_ verdicts: [Verdict]) {
        self.verdicts = verdicts
        subjects = verdicts.map { verdict in
            Subject(
                subject: verdict.subject, status: verdict.status, varied: verdict.varied,
                skipped: Variation.allCases.compactMap { variation in
                    verdict.skipped[variation].map { Skipped(variation: variation, reason: $0) }
                },
                runs: verdict.runs.map { run in
                    Run(
                        status: run.status, seconds: run.seconds, reason: run.reason,
                        artifacts: run.artifacts.map {
                            Artifact(
                                name: $0.name, expected: $0.expected.hex, found: $0.found?.hex,
                                same: $0.isSame)
                        })
                }, difference: verdict.difference.map(Self.difference),
                usualSeconds: verdict.usualSeconds, notes: verdict.notes)
        }
    }

    private static func difference(_ difference: Verdict.Difference) -> Difference {
        var variations: [[Variation]] = []
        if case .variations(let groups) = difference.cause { variations = groups }
        return Difference(
            variations: variations, random: difference.cause == .chance,
            afterCompile: difference.isAfterCompile, rebuilds: difference.rebuilds,
            kept: difference.kept?.string, excerpt: difference.excerpt)
    }

    func print(on console: Console, asJSON: Bool) throws {
        if asJSON { return console.output(try JSONOutput.text(self)) }
        for verdict in verdicts { print(verdict, on: console) }
    }

    private func print(_ verdict: Verdict, on console: Console) {
        let style = console.outputStyle
        for note in verdict.notes { console.output(note) }
        let rows = verdict.varied.map { [$0.rawValue, $0.change] }
        let table =
            rows.isEmpty
            ? "no circumstance was varied"
            : Table(header: ["VARIED", "IN THE REBUILD"], rows: rows).text(style: style)
        console.output(table)
        for skipped in Variation.allCases {
            if let reason = verdict.skipped[skipped] {
                console.output("not varied: \(skipped.rawValue), because \(reason)")
            }
        }
        if let run = verdict.runs.last, !run.artifacts.isEmpty {
            let table = Table(header: ["MADE AGAIN", "SHA256", "BYTES"], rows: Self.rows(of: run))
            console.output("\n" + table.text(style: style))
        }
        if let difference = verdict.difference { print(difference, on: console) }
        console.output(
            "\n\(verdict.status.rawValue) \(verdict.subject): \(Self.sentence(of: verdict))")
    }

    /// Roots and packages, and those of the texts beside a package that differ; texts that are the
    /// same are counted in its row.
    private static func rows(of run: Verdict.Run) -> [[String]] {
        func isText(_ name: String) -> Bool {
            EvidenceKind.allCases.contains { name.hasSuffix($0.suffix) }
        }
        return run.artifacts.filter { !$0.isSame || !isText($0.name) }.map { artifact in
            let texts = EvidenceKind.allCases.map { $0.fileName(of: artifact.name) }
            let same = run.artifacts.count { texts.contains($0.name) && $0.isSame }
            return [
                artifact.name, "\(artifact.expected.hex.prefix(16))",
                artifact.isSame
                    ? "same" + (same > 0 ? ", and \(same) texts beside it" : "") : "DIFFERENT",
            ]
        }
    }

    private func print(_ difference: Verdict.Difference, on console: Console) {
        if !difference.excerpt.isEmpty {
            console.output("\n" + difference.excerpt.joined(separator: "\n"))
        }
        if let kept = difference.kept { console.output("\nthe file as it was rebuilt: \(kept)") }
    }

    static func sentence(of verdict: Verdict) -> String {
        let count = verdict.runs.count
        switch verdict.status {
        case .good:
            if case .fromScratch(let withCompileCache) = verdict.scope {
                return "every variant compiled by itself gave the same bytes as deriving it did"
                    + (withCompileCache ? "; known objects came from the compile cache" : "")
            }
            let reach = verdict.scope == .everything ? "" : " of all after the compilation"
            return "\(count) rebuild\(count == 1 ? "" : "s")\(reach) gave the same bytes, with"
                + " \(verdict.varied.count) of \(Variation.allCases.count) circumstances varied"
        case .bad: return verdict.difference.map(sentence) ?? "other bytes"
        case .fail, .unknown: return verdict.runs.last?.reason ?? "no reason is known"
        }
    }

    private static func sentence(of difference: Verdict.Difference) -> String {
        let place =
            difference.isAfterCompile ? "after the compilation" : "in the compilation or a root"
        let count = "found with \(difference.rebuilds) more rebuilds"
        switch difference.cause {
        case .variations(let groups):
            let names = groups.map { $0.map(\.rawValue).joined(separator: " with ") }
            return "what differs is made \(place) and follows from: "
                + names.joined(separator: ", ") + "; \(count)"
        case .derivation:
            return "a variant compiled by itself has other bytes than the one that was derived"
        case .chance:
            return "what differs is made \(place) and is random: two rebuilds differ with"
                + " everything fixed; \(count)"
        case .unexplained:
            return "with a clock that stands still no rebuild differs, whatever is varied; \(count)"
        }
    }
}

extension Verdict {
    /// What the command fails with; nil when all is good.
    static func failure(of verdicts: [Verdict]) -> Failure? {
        func named(_ statuses: [Status]) -> String {
            verdicts.filter { statuses.contains($0.status) }
                .map { "\($0.subject) is \($0.status.rawValue)" }.joined(separator: ", ")
        }
        let wrong = named([.bad, .fail])
        if !wrong.isEmpty {
            return Failure(
                .failed, wrong, hint: "`lapidary verify --json` has every digest; see above")
        }
        let unknown = named([.unknown])
        return unknown.isEmpty
            ? nil
            : Failure(
                .environment, unknown, hint: "`lapidary doctor` names what this machine lacks")
    }
}
