import ArgumentParser
import Digest
import Lock
import Terminal
import Workflow

/// `lapidary pin check`.
struct PinCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check that the lock fits the recipes, and that all it pins can be had.",
        discussion: """
            Exits with 4 when recipes and lock disagree, when the lock was edited, and when a \
            pinned file is neither in the store nor where it came from; with 3 when nobody could \
            say.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup(title: "Work") var work: WorkOptions
    @OptionGroup var result: ResultOptions

    /// A reason why the lock does not hold, for programs.
    private struct Reason: Encodable {
        let kind: String
        let text: String
    }

    private struct Result: Encodable {
        let schema = JSONOutput.schema
        let lock: String
        let ok: Bool
        let files: Int
        let downloadable: Int
        let reasons: [Reason]
    }

    func run() async throws {
        let session = try Session(global, work)
        let report = try await session.run { context in
            try await PinCheck(context: context).run()
        }
        let console = session.console
        if result.json {
            console.output(
                try JSONOutput.text(
                    Result(
                        lock: report.lock.digest.hex, ok: report.reasons.isEmpty,
                        files: report.files, downloadable: report.downloadable,
                        reasons: report.reasons.map {
                            Reason(kind: $0.kind.rawValue, text: $0.text)
                        })))
        } else {
            for reason in report.reasons {
                console.output("\(reason.kind.rawValue): \(reason.text)")
            }
        }
        if let failure = report.failure { throw failure }
        if !result.json {
            console.message(
                "The lock holds: \(report.files) files, \(report.files - report.downloadable) of"
                    + " them in the store, \(report.downloadable) to be downloaded")
        }
    }
}
