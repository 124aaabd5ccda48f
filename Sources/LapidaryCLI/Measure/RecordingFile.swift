import Diagnostics
import Foundation
import HostSystem
import Measurement
import SystemPackage

/// Recordings as files.
enum RecordingFile {
    /// Several recordings in one file, as `history export` writes them.
    private struct Collection: Codable {
        var schema = JSONOutput.schema
        var recordings: [Recording]
    }

    /// Writes a recording, in one line: it is for programs, and samples are many.
    static func write(_ recording: Recording, to file: FilePath) throws {
        try Files.write(try bytes(of: recording), to: file)
    }

    /// Writes several recordings.
    static func write(_ recordings: [Recording], to file: FilePath) throws {
        try Files.write(try bytes(of: Collection(recordings: recordings)), to: file)
    }

    private static func bytes(of value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    /// Reads the one recording of a file.
    ///
    /// - Throws: `Failure` of kind `usage` when the file holds none that this version can read, or
    ///   several.
    static func read(_ file: FilePath) throws -> Recording {
        let recordings = try readAll(file)
        guard let recording = recordings.first, recordings.count == 1 else {
            throw Failure(
                .usage, "`\(file)` holds \(recordings.count) recordings, and one is compared",
                hint: "`lapidary history export NUMBER -o FILE` writes one")
        }
        return recording
    }

    /// Reads all recordings of a file.
    ///
    /// - Throws: `Failure` of kind `usage` when the file holds none that this version can read.
    static func readAll(_ file: FilePath) throws -> [Recording] {
        guard Files.exists(file), !Files.isDirectory(file) else {
            throw Failure(.usage, "there is no file `\(file)`")
        }
        let data = Data(try Files.readBytes(file))
        let whole = try? JSONDecoder().decode(JSONValue.self, from: data)
        let isCollection: Bool
        var values: [JSONValue] = []
        if case .array(let several)? = whole?["recordings"] {
            isCollection = true
            values = several
        } else {
            isCollection = false
            values = whole.map { [$0] } ?? []
        }
        let versions = values.compactMap { $0["recording"]?.integer }
        guard versions.count == values.count, isCollection || !values.isEmpty else {
            throw Failure(
                .usage, "`\(file)` is no recording",
                hint: "`lapidary measure --output FILE` writes one")
        }
        if let version = versions.first(where: { $0 != Recording.version }) {
            throw Failure(
                .usage,
                "`\(file)` is a recording of version \(version), and this lapidary reads"
                    + " \(Recording.version)", hint: "measure again")
        }
        do {
            return isCollection
                ? try JSONDecoder().decode(Collection.self, from: data).recordings
                : [try JSONDecoder().decode(Recording.self, from: data)]
        } catch {
            throw Failure(
                .usage, "`\(file)` is a damaged recording: \(error)", hint: "measure again")
        }
    }
}
