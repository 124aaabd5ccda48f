import ArgumentParser
import Diagnostics
import Terminal
import Workflow

/// `lapidary doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say whether this machine can build, and what to do where it cannot.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup(title: "Work") var work: WorkOptions
    @OptionGroup var result: ResultOptions

    /// One check, for programs.
    private struct Finding: Encodable {
        let check: String
        let ok: Bool
        /// `ok`, `warning` or `failed`.
        let verdict: String
        let finding: String
        let remedy: String?
    }

    private struct Result: Encodable {
        let schema = JSONOutput.schema
        let checks: [Finding]
    }

    func run() async throws {
        let session = try Session(global, work, needsProject: false)
        let checks = await Preflight(context: session.context).checks()
        let console = session.console
        if result.json {
            let findings = checks.map {
                Finding(
                    check: $0.name, ok: $0.verdict != .failed, verdict: $0.verdict.rawValue,
                    finding: $0.finding, remedy: $0.remedy)
            }
            console.output(try JSONOutput.text(Result(checks: findings)))
        } else {
            let style = console.outputStyle
            for check in checks {
                let word =
                    switch check.verdict {
                    case .ok: style.good("ok     ")
                    case .warning: style.hint("warning")
                    case .failed: style.bad("failed ")
                    }
                console.output("\(word)  \(check.name): \(check.finding)")
                if let remedy = check.remedy { console.output("         \(style.hint(remedy))") }
            }
        }
        let failed = checks.count { $0.verdict == .failed }
        guard failed > 0 else { return }
        throw Failure(
            .environment,
            "\(failed) of \(checks.count) checks failed: this machine cannot build yet")
    }
}
