import Digest
import Execution
import Foundation
import HostSystem
import Store
import SystemPackage
import Terminal

/// Actions that ran, for people and for programs.
struct ActionList: Encodable {
    /// The last run of an action.
    struct Action: Encodable {
        let action: String
        let key: String
        /// `done` or `failed`.
        let outcome: String
        /// UTC, as in ISO 8601.
        let finished: String
        /// Wall-clock seconds.
        let seconds: Double
        let log: String
        /// What failed; absent for an action that is done.
        let step: String?
        let message: String?
        /// Whether `lapidary shell` can open the sandbox as it failed.
        let hasSandbox: Bool?

        init(_ record: ActionRecord) {
            action = record.action
            key = record.key.hex
            outcome = record.failure == nil ? "done" : "failed"
            finished = record.finished.formatted(.iso8601)
            seconds = record.seconds
            log = record.log.string
            step = record.failure?.record.step?.title
            message = record.failure?.record.message
            hasSandbox = record.failure?.hasWorkspace
        }
    }

    let schema = JSONOutput.schema
    let actions: [Action]
    private let records: [ActionRecord]
    private let isShortened: Bool
    private let now: Date

    /// How many actions a short list has.
    private static let shortLength = 20

    private enum CodingKeys: CodingKey { case schema, actions }

    /// - Parameters:
    ///   - records: the newest first.
    ///   - isShortened: whether people see the newest only; programs see all.
    ///   - now: what ages are counted from.
    init(_ records: [ActionRecord], isShortened: Bool, now: Date) {
        self.records = records
        self.isShortened = isShortened
        self.now = now
        actions = records.map(Action.init)
    }

    func print(on console: Console, asJSON: Bool, home: Home) throws {
        if asJSON { return console.output(try JSONOutput.text(self)) }
        guard !records.isEmpty else { return console.message("no such action ran in \(home.path)") }
        let style = console.outputStyle
        let shown = isShortened ? Array(records.prefix(Self.shortLength)) : records
        let table = Table(
            header: ["WHEN", "TOOK", "ACTION", "OUTCOME", "LOG"],
            rows: shown.map {
                [
                    "\(Self.age(of: $0, now: now)) ago", Readable.duration($0.seconds), $0.action,
                    Self.outcome(of: $0), $0.log.string,
                ]
            }, rightAligned: [0, 1])
        console.output(table.text(style: style))
        if shown.count < records.count {
            console.message("and \(records.count - shown.count) more: lapidary logs --all")
        }
    }

    /// What became of an action, in one line.
    static func sentence(of record: ActionRecord, now: Date) -> String {
        let outcome = record.failure == nil ? "done" : outcome(of: record)
        return "\(record.action): \(outcome) \(age(of: record, now: now)) ago,"
            + " in \(Readable.duration(record.seconds))"
    }

    private static func outcome(of record: ActionRecord) -> String {
        guard let failure = record.failure else { return "done" }
        return failure.record.step.map { "failed at \($0.title)" } ?? "failed"
    }

    private static func age(of record: ActionRecord, now: Date) -> String {
        Readable.duration(max(0, now.timeIntervalSince(record.finished)))
    }
}
