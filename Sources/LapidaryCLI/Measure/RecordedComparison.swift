import Diagnostics
import Measurement

/// What `compare` makes of recordings that are there already.
enum RecordedComparison {
    /// Compares two arms of recordings.
    ///
    /// - Parameters:
    ///   - recordings: what the words name; nil for one that names no recording.
    ///   - words: as they were typed.
    /// - Returns: the comparison, without fresh runs.
    /// - Throws: `Failure` of kind `usage` when they do not name two arms of equal fingerprints, and
    ///   of what kept a file from being read.
    static func of(_ recordings: [RecordingOperand?], _ words: [String]) throws
        -> Comparison
    {
        let operands = recordings.compactMap { $0 }
        guard operands.count == words.count, operands.count <= 2 else {
            throw Failure(
                .usage, "recordings are compared with each other only, one or two of them",
                hint: "`lapidary compare A.json B.json`")
        }
        let read = try operands.map { operand in
            (operand: operand, recording: try RecordingFile.read(operand.file))
        }
        let sides: [(recording: Recording, arm: Arm)]
        if read.count == 1 {
            let recording = read[0].recording
            guard recording.arms.count == 2, read[0].operand.part == nil else {
                throw Failure(
                    .usage,
                    "`\(words[0])` has \(recording.arms.count) Rubies, and two are compared",
                    details: recording.arms.map(\.label),
                    hint: "name two: \(operands[0].file)#ONE \(operands[0].file)#OTHER")
            }
            sides = recording.arms.map { (recording, $0) }
        } else {
            sides = try read.map { ($0.recording, try $0.operand.arm(in: $0.recording)) }
        }
        try FingerprintDifference.require(sides[0], sides[1])
        return Comparison(
            (sides[0].recording, sides[0].arm.label), (sides[1].recording, sides[1].arm.label),
            isFinal: true)
    }
}
