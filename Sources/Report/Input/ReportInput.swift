import Diagnostics
import Foundation
import HostSystem
package import Measurement
package import SystemPackage

/// What a report is made from, read and checked.
package struct ReportInput: Sendable {
    /// A recording and the name of its file.
    package struct Source: Sendable {
        package let name: String
        package let recording: Recording

        package init(name: String, recording: Recording) {
            self.name = name
            self.recording = recording
        }
    }

    /// A heap map and what it is called in the report.
    package struct Map: Sendable {
        package let label: String
        package let file: HeapMapFile

        package init(label: String, file: HeapMapFile) {
            self.label = label
            self.file = file
        }
    }

    package let sources: [Source]
    package let maps: [Map]

    package init(sources: [Source], maps: [Map]) {
        self.sources = sources
        self.maps = maps
    }

    /// Reads recordings and heap maps.
    ///
    /// - Parameters:
    ///   - recordings: what `measure` and `compare` wrote.
    ///   - maps: what `heapmap --format json` wrote, each with a label or nil for its file's name.
    /// - Returns: all of it, in the order given.
    /// - Throws: `Failure` of kind `usage` when a file is not what it should be, `environment` when
    ///   it cannot be read.
    package static func read(
        recordings: [FilePath], maps: [(label: String?, path: FilePath)]
    ) throws -> ReportInput {
        ReportInput(
            sources: try recordings.map { path in
                Source(name: stem(of: path), recording: try recording(at: path))
            },
            maps: try maps.map { map in
                Map(label: map.label ?? stem(of: map.path), file: try heapMap(at: map.path))
            })
    }

    private static func stem(of path: FilePath) -> String {
        path.lastComponent?.stem ?? path.string
    }

    private static func recording(at path: FilePath) throws -> Recording {
        struct Version: Decodable { let recording: Int? }
        let bytes = try Files.readBytes(path)
        let version = try decode(Version.self, bytes, path, "a recording").recording
        guard let version else {
            throw Failure(
                .usage, "`\(path)` is not a recording: it has no field `recording`",
                hint: "`lapidary measure --output FILE` and `compare --output FILE` write them;"
                    + " heap maps go behind --heapmap")
        }
        guard version <= Recording.version else {
            throw Failure(
                .usage,
                "`\(path)` is a recording of version \(version), and this lapidary reads"
                    + " up to \(Recording.version)", hint: "use the lapidary that wrote it")
        }
        return try decode(Recording.self, bytes, path, "a recording")
    }

    private static func heapMap(at path: FilePath) throws -> HeapMapFile {
        struct Version: Decodable { let heapmap: Int? }
        let bytes = try Files.readBytes(path)
        guard try decode(Version.self, bytes, path, "a heap map").heapmap == 1 else {
            throw Failure(
                .usage, "`\(path)` is not a heap map of version 1",
                hint: "`lapidary heapmap --detail --format json --pid PID` writes one")
        }
        return try decode(HeapMapFile.self, bytes, path, "a heap map")
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ bytes: [UInt8], _ path: FilePath, _ what: String
    ) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw Failure(
                .usage, "`\(path)` is not \(what): \(reason(error))",
                hint: "write it again, or leave it out")
        }
    }

    private static func reason(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
            return path.isEmpty ? "" : " in `\(path.joined(separator: "."))`"
        }
        return switch error {
        case .keyNotFound(let key, let context):
            "there is no `\(key.stringValue)`\(place(context))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "what stands\(place(context)) is of another kind"
        case .dataCorrupted(let context): "it is not JSON\(place(context))"
        @unknown default: "it cannot be read"
        }
    }
}
