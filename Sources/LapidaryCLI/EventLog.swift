import Diagnostics
import Execution
import Foundation
import HostSystem
import Planning
import Synchronization
import SystemPackage

/// What happens in a run, as JSON Lines for programs that watch it (`--events FILE`).
final class EventLog: Sendable {
    /// One line.
    struct Line: Encodable {
        let schema = JSONOutput.schema
        /// UTC, as in ISO 8601, to the millisecond.
        let time: String
        /// `planned`, `started`, `step`, `progress`, `fresh`, `finished`, `failed` or `note`.
        let event: String
        var action: String?
        /// The name of a step, or the words of a note.
        var text: String?
        /// Wall-clock seconds of an action that ended.
        var seconds: Double?
        /// Actions of a plan, or bytes that have come.
        var count: Int64?
        /// Bytes that are awaited.
        var of: Int64?

        init(_ happened: BuildEvent, at date: Date) {
            time = date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
            switch happened {
            case .planned(let actions):
                event = "planned"
                count = Int64(actions)
            case .started(let id):
                event = "started"
                action = id.description
            case .step(let id, let title):
                event = "step"
                action = id.description
                text = title
            case .progress(let id, let done, let size):
                event = "progress"
                action = id.description
                count = done
                of = size
            case .fresh(let id):
                event = "fresh"
                action = id.description
            case .finished(let id, let seconds):
                event = "finished"
                action = id.description
                self.seconds = seconds
            case .failed(let id, let seconds):
                event = "failed"
                action = id.description
                self.seconds = seconds
            case .note(let words):
                event = "note"
                text = words
            }
        }
    }

    /// Lines are written whole, one after another.
    private let file: Mutex<FileHandle>

    /// - Parameter path: made when it is not there; lines are added at its end.
    /// - Throws: `Failure` of kind `environment` when it cannot be written.
    init(_ path: FilePath) throws {
        try Files.append("", to: path)
        guard let handle = FileHandle(forWritingAtPath: path.string) else {
            throw Failure(
                .environment, "cannot write the events to `\(path)`",
                hint: "name a file in a folder you may write to")
        }
        _ = try? handle.seekToEnd()
        file = Mutex(handle)
    }

    /// Adds a line; that the file cannot be written any more does not stop the work.
    func add(_ event: BuildEvent) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard var line = try? encoder.encode(Line(event, at: Date())) else { return }
        line.append(UInt8(ascii: "\n"))
        file.withLock { file in try? file.write(contentsOf: line) }
    }
}
