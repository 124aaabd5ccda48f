import Diagnostics
import Yams

/// Turns a file's bytes into a `YAMLNode`, refusing what recipes have no use for: anchors,
/// aliases, tags, several documents, huge files, keys that are not words.
struct YAMLParser {
    /// Bytes; recipes are a few KiB, so anything near this is a mistake or an attack.
    static let sizeLimit = 1 << 20
    /// How many values a file may have, keys included; recipes have some hundred.
    static let valueLimit = 5000
    /// Characters of one value; descriptions are the longest.
    static let lengthLimit = 10_000
    /// Characters of a key.
    static let keyLimit = 100
    /// How many duplicate keys a file may have before reading stops; each costs a parse.
    private static let duplicateLimit = 20

    private let file: ProjectFile
    private let problems: Problems
    private var values = 0
    /// What stood at the places of keys that were masked (see `compose`).
    private var masked: [Place: Unicode.Scalar] = [:]

    private struct Place: Hashable {
        let line: Int
        let column: Int
    }

    /// Reads a file; nil, with a problem recorded, when it is no YAML or is refused.
    static func parse(_ file: ProjectFile, _ problems: Problems) -> YAMLNode? {
        var parser = YAMLParser(file: file, problems: problems)
        return parser.parse()
    }

    private init(file: ProjectFile, problems: Problems) {
        self.file = file
        self.problems = problems
    }

    private mutating func parse() -> YAMLNode? {
        guard file.bytes.count <= Self.sizeLimit else {
            problems.report("the file is larger than 1 MiB", at: file.start)
            return nil
        }
        guard let text = String(validating: file.bytes, as: UTF8.self) else {
            problems.report("the file is not UTF-8 text", at: location(firstInvalidLine, 1))
            return nil
        }
        if let place = AliasScan.firstAlias(in: text) {
            refuseAnchors(at: location(place.line, place.column))
            return nil
        }
        return compose(text)
    }

    /// Parses the text, once more for each duplicate key.
    ///
    /// Yams stops at the first duplicate, and the rest of the file would go unread. So its first
    /// letter is masked by one that no recipe uses, which moves nothing, and put back in `key`.
    private mutating func compose(_ text: String) -> YAMLNode? {
        var scalars = Array(text.unicodeScalars)
        while true {
            do {
                // `basic` leaves every scalar a string, so keys are compared as written.
                let parser = try Parser(
                    yaml: string(scalars), resolver: .basic, encoding: .utf8)
                // A node holds its anchor weakly; the parser keeps it alive.
                return try withExtendedLifetime(parser) {
                    guard let root = try parser.singleRoot() else {
                        problems.report("the file is empty", at: file.start)
                        return nil
                    }
                    let node = convert(root)
                    return values > Self.valueLimit ? nil : node
                }
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                guard mask(key: keys.first ?? "", at: context.mark, in: &scalars) else {
                    problems.report(
                        "duplicate key `\(keys.first ?? "")`", at: location(context.mark))
                    return nil
                }
            } catch {
                report(error)
                return nil
            }
        }
    }

    private mutating func mask(
        key: String, at mark: Mark, in scalars: inout [Unicode.Scalar]
    ) -> Bool {
        let place = Place(line: mark.line, column: mark.column)
        let stand = Unicode.Scalar(UInt32(0xE000 + masked.count))
        guard masked.count < Self.duplicateLimit, masked[place] == nil, let stand,
            var index = self.index(of: place, in: scalars)
        else { return false }
        if scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
        guard scalars.indices.contains(index), scalars[index] == key.unicodeScalars.first else {
            return false
        }
        masked[place] = scalars[index]
        scalars[index] = stand
        return true
    }

    private func index(of place: Place, in scalars: [Unicode.Scalar]) -> Int? {
        var start = 0
        for _ in 1..<place.line {
            guard let end = scalars[start...].firstIndex(of: "\n") else { return nil }
            start = end + 1
        }
        let index = start + place.column - 1
        return scalars.indices.contains(index) ? index : nil
    }

    private mutating func convert(_ node: Node) -> YAMLNode? {
        let place = node.mark.map(location) ?? file.start
        guard counts(at: place) else { return nil }
        guard node.anchor == nil else {
            refuseAnchors(at: place)
            return nil
        }
        switch node {
        case .scalar(let scalar):
            guard accepts(scalar.tag, at: place), accepts(scalar.string, at: place) else {
                return nil
            }
            return YAMLNode(location: place, content: .scalar(scalar.string))
        case .sequence(let sequence):
            guard accepts(sequence.tag, at: place) else { return nil }
            var nodes: [YAMLNode] = []
            for node in sequence {
                guard let converted = convert(node) else { continue }
                nodes.append(converted)
            }
            return YAMLNode(location: place, content: .sequence(nodes))
        case .mapping(let mapping):
            guard accepts(mapping.tag, at: place) else { return nil }
            return YAMLNode(location: place, content: .mapping(entries(of: mapping)))
        case .alias:
            refuseAnchors(at: place)
            return nil
        }
    }

    private mutating func entries(of mapping: Node.Mapping) -> [YAMLNode.Entry] {
        var places: [String: SourceLocation] = [:]
        var entries: [YAMLNode.Entry] = []
        for (keyNode, valueNode) in mapping {
            guard case .scalar(let scalar) = keyNode, let converted = convert(keyNode) else {
                if keyNode.scalar == nil {
                    problems.report(
                        "a key must be a word", at: keyNode.mark.map(location) ?? file.start)
                }
                continue
            }
            let key = unmasked(scalar)
            guard key.unicodeScalars.count <= Self.keyLimit else {
                problems.report(
                    "a key is longer than \(Self.keyLimit) characters", at: converted.location)
                continue
            }
            guard let value = convert(valueNode) else { continue }
            if let first = places[key] {
                problems.report(
                    "duplicate key `\(key)`", at: converted.location,
                    hint: "it stands on line \(first.line) already")
                continue
            }
            places[key] = converted.location
            entries.append(.init(key: key, keyLocation: converted.location, value: value))
        }
        return entries
    }

    /// The key as it stands in the file.
    private func unmasked(_ scalar: Node.Scalar) -> String {
        guard let mark = scalar.mark,
            let first = masked[Place(line: mark.line, column: mark.column)]
        else { return scalar.string }
        return string([first] + scalar.string.unicodeScalars.dropFirst())
    }

    private func string(_ scalars: [Unicode.Scalar]) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}

extension YAMLParser {
    /// Counts a value; false, with one problem for the file, when there are too many.
    private mutating func counts(at place: SourceLocation) -> Bool {
        values += 1
        if values == Self.valueLimit + 1 {
            problems.report("the file has more than \(Self.valueLimit) values", at: place)
        }
        return values <= Self.valueLimit
    }

    private func accepts(_ text: String, at place: SourceLocation) -> Bool {
        guard text.unicodeScalars.count > Self.lengthLimit else { return true }
        problems.report("a value is longer than \(Self.lengthLimit) characters", at: place)
        return false
    }

    /// Whether a tag is the one that a value has anyhow.
    private func accepts(_ tag: Tag, at place: SourceLocation) -> Bool {
        let usual = ["", "str", "seq", "map"].map { $0.isEmpty ? "" : "tag:yaml.org,2002:\($0)" }
        if usual.contains(tag.description) || tag.description == "!" { return true }
        problems.report("YAML tags such as `\(tag.description)` are not accepted", at: place)
        return false
    }

    private func refuseAnchors(at place: SourceLocation) {
        problems.report(
            "YAML anchors and aliases (`&name`, `*name`) are not accepted", at: place,
            hint: "write the value out, or quote the text")
    }

    private func report(_ error: any Error) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            let text = [problem, context?.text].compactMap { $0 }.joined(separator: " ")
            problems.report("malformed YAML: \(text)", at: location(mark))
        case YamlError.reader(let problem, let offset, _, let text):
            let before = text.prefix(offset ?? 0)
            let line = before.count(where: \.isNewline) + 1
            let column = before.reversed().prefix { !$0.isNewline }.count + 1
            problems.report("malformed YAML: \(problem)", at: location(line, column))
        default:
            problems.report("malformed YAML: \(error)", at: file.start)
        }
    }

    private var firstInvalidLine: Int {
        let lines = file.bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        let index = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }
        return (index ?? 0) + 1
    }

    private func location(_ mark: Mark) -> SourceLocation { location(mark.line, mark.column) }

    private func location(_ line: Int, _ column: Int) -> SourceLocation {
        SourceLocation(file: file.path, line: line, column: column)
    }
}
