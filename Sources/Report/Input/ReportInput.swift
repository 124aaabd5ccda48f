import Diagnostics
import Foundation
import HostSystem
package import Measurement
package import SystemPackage

/// What a report is made from.
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

        /// Reads what `heapmap --format json` wrote.
        ///
        /// - Parameters:
        ///   - path: the file.
        ///   - label: what it is called; nil for its file's name.
        /// - Returns: the map.
        /// - Throws: `Failure` of kind `usage` when the file is no heap map, `environment` when it
        ///   cannot be read.
        package static func read(_ path: FilePath, label: String?) throws -> Map {
            struct Version: Decodable { let heapmap: Int? }
            let bytes = try Files.readBytes(path)
            guard try decode(Version.self, bytes, path).heapmap == 1 else {
                throw Failure(
                    .usage, "`\(path)` is not a heap map of version 1",
                    hint: "`lapidary heapmap --detail --format json --pid PID` writes one")
            }
            return Map(
                label: label ?? path.stem ?? path.string,
                file: try decode(HeapMapFile.self, bytes, path))
        }
    }

    package let sources: [Source]
    package let maps: [Map]

    package init(sources: [Source], maps: [Map]) {
        self.sources = sources
        self.maps = maps
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ bytes: [UInt8], _ path: FilePath
    ) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw Failure(
                .usage, "`\(path)` is not a heap map: \(reason(error))",
                hint: "`lapidary heapmap --detail --format json` writes one")
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
