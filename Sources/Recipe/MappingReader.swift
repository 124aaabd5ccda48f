import Diagnostics

/// Reads the keys of one YAML mapping and records what is missing, mistyped or unknown.
///
/// Every key that a recipe type knows is asked for in one line; what was never asked for is
/// unknown.
final class MappingReader {
    private let node: YAMLNode
    private let what: String
    private let problems: Problems
    private var asked: [String] = []

    init(_ node: YAMLNode, what: String, problems: Problems) {
        self.node = node
        self.what = what
        self.problems = problems
    }

    /// The value of a key that must be there.
    func required<Value>(_ key: String, _ form: Form<Value>) -> Value {
        asked.append(key)
        guard let entry = entry(key) else {
            problems.report("missing key `\(key)` in \(what)", at: node.location)
            return form.placeholder()
        }
        return read(entry, form) ?? form.placeholder()
    }

    /// The value of a key that may be left out.
    func optional<Value>(_ key: String, _ form: Form<Value>) -> Value? {
        asked.append(key)
        return entry(key).flatMap { read($0, form) }
    }

    /// Whether a key is there, readable or not.
    func has(_ key: String) -> Bool { entry(key) != nil }

    /// Records a problem between several keys, at the place that the steps lead to, unless
    /// what stands there could not be read.
    func report(_ message: String, at path: YAMLNode.Step..., hint: String? = nil) {
        let place = node.location(of: path)
        guard !problems.isSpoilt(place) else { return }
        problems.report(message, at: place, hint: hint)
    }

    /// Records the keys that nobody asked for; called once everything was.
    func reportUnknownKeys() {
        guard case .mapping(let entries) = node.content else { return }
        for entry in entries where !asked.contains(entry.key) {
            problems.report(
                "unknown key `\(entry.key)` in \(what)", at: entry.keyLocation,
                hint: Suggestion.hint(for: entry.key, among: asked))
        }
    }

    private func read<Value>(_ entry: YAMLNode.Entry, _ form: Form<Value>) -> Value? {
        let value = form.read(entry.value, "`\(entry.key)`", problems)
        if value == nil { problems.spoil(entry.keyLocation) }
        return value
    }

    private func entry(_ key: String) -> YAMLNode.Entry? {
        guard case .mapping(let entries) = node.content else { return nil }
        return entries.first { $0.key == key }
    }
}
