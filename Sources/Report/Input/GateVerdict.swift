package import SystemPackage

/// What the smoke check `memory` said of a package (docs/memory-gate.md).
package struct GateVerdict: Sendable, Hashable {
    /// How the check went.
    package enum Outcome: String, Sendable, Hashable, Codable {
        case passed, failed
        /// The package could not be installed, or the check was left out.
        case notMade = "not made"
    }

    /// A row of the gate: a figure and the limit that it was held against.
    package struct Row: Sendable, Hashable, Codable {
        package let name: String
        package let isHeld: Bool
        /// The figure, with those of fresh runs when there were any.
        package let found: String
        package let limit: String
        /// What it was computed from.
        package let basis: String

        /// - Parameter line: `held NAME: FIGURE; LIMIT (BASIS)`, or `missed …`, as the check says.
        init?(line: Substring) {
            let shape = /(held|missed) ([^:]+): (.+?); (.+?) \((.+)\)/
            guard let match = line.wholeMatch(of: shape) else { return nil }
            isHeld = match.1 == "held"
            name = String(match.2)
            found = String(match.3)
            limit = String(match.4)
            basis = String(match.5)
        }
    }

    package let package: String
    package let version: String
    package let suite: String
    package let outcome: Outcome
    /// What the check said last: how many rows held, or which did not and what that means.
    package let sentence: String
    package let rows: [Row]

    /// Reads what `smoke --json` printed.
    ///
    /// - Parameter path: the file.
    /// - Returns: the verdicts, by the order of the packages there.
    /// - Throws: `Failure` of kind `usage` when the file is no result of smoke tests, `environment`
    ///   when it cannot be read.
    package static func read(_ path: FilePath) throws -> [GateVerdict] {
        let input = try JSONInput(
            path, kind: "a result of smoke tests",
            hint: "`lapidary smoke SELECTION --json` prints one")
        return try input.decode(SmokeFile.self).reports.map(GateVerdict.init)
    }

    init(_ report: SmokeFile.Report) {
        package = report.package
        version = report.version
        suite = report.suite
        let check = report.checks.first { $0.name == "memory" }
        outcome =
            switch check?.outcome {
            case "passed": .passed
            case "failed": .failed
            default: .notMade
            }
        let lines = check?.output.split(whereSeparator: \.isNewline) ?? []
        rows = lines.compactMap(Row.init)
        sentence =
            switch outcome {
            case .notMade: "the memory check was not made"
            case .passed, .failed: lines.last.map(String.init) ?? "nothing was said"
            }
    }
}

/// Of `lapidary smoke --json` what the gate needs.
struct SmokeFile: Decodable {
    struct Check: Decodable {
        let name: String
        let outcome: String
        let output: String
    }

    struct Report: Decodable {
        let package: String
        let version: String
        let suite: String
        let checks: [Check]
    }

    let reports: [Report]
}
