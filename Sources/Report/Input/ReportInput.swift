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
            let input = try JSONInput(
                path, kind: "a heap map",
                hint: "`lapidary heapmap --detail --format json --pid PID` writes one")
            guard try input.decode(Version.self).heapmap == 1 else {
                throw input.refused(as: "a heap map of version 1")
            }
            return Map(
                label: label ?? path.stem ?? path.string, file: try input.decode(HeapMapFile.self))
        }
    }

    package let sources: [Source]
    package let maps: [Map]
    /// What the memory gate said of packages.
    package let gate: [GateVerdict]

    package init(sources: [Source], maps: [Map], gate: [GateVerdict] = []) {
        self.sources = sources
        self.maps = maps
        self.gate = gate
    }
}
