import Foundation

/// The one way results are written for programs.
enum JSONOutput {
    /// Version of the shape of every result; raised when a field changes its meaning.
    static let schema = 1

    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
