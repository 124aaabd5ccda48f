import Diagnostics
import Measurement
import SystemPackage

/// A word that names a recording, and one of its arms: `a.json#trim`.
struct RecordingOperand {
    let file: FilePath
    /// A part of the arm's label.
    let part: String?

    /// Nil for a word that names none.
    init?(_ word: String) {
        guard let match = word.wholeMatch(of: /(.+\.json)(?:#(.+))?/) else { return nil }
        file = GlobalOptions.absolute(String(match.1))
        part = match.2.map(String.init)
    }

    func arm(in recording: Recording) throws -> Arm {
        let labels = recording.arms.map(\.label)
        let exact = recording.arms.filter { $0.label == part }
        let found =
            exact.isEmpty
            ? recording.arms.filter { arm in part.map { arm.label.contains($0) } ?? true } : exact
        guard let arm = found.first, found.count == 1 else {
            throw Failure(
                .usage,
                "`\(file)` has \(found.count) Rubies" + (part.map { " with `\($0)`" } ?? ""),
                details: labels, hint: "choose one: \(file)#\(labels.first ?? "")")
        }
        return arm
    }
}
