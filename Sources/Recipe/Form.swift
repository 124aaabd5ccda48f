import Diagnostics

/// What a value in a YAML file must look like, and what it becomes.
struct Form<Value: Sendable>: Sendable {
    /// What stands in for a value that could not be read, so that reading can go on; it never
    /// leaves this module, because a problem has been recorded.
    let placeholder: @Sendable () -> Value
    /// Reads a value; nil when a problem was recorded.
    ///
    /// The text names the value in messages.
    let read: @Sendable (YAMLNode, _ subject: String, Problems) -> Value?

    /// A scalar that `parse` understands; `expected` completes the sentence "must be …".
    static func scalar(
        _ expected: String, placeholder: Value, _ parse: @escaping @Sendable (String) -> Value?
    ) -> Form {
        Form(placeholder: { placeholder }) { node, subject, problems in
            if case .scalar(let text) = node.content, let value = parse(text) { return value }
            problems.report(
                "\(subject) must be \(expected), not \(node.content.shown)", at: node.location)
            return nil
        }
    }

    /// A mapping with fixed keys; `body` asks the reader for every key it knows.
    ///
    /// `what` names the mapping in messages, as in ``unknown key `x` in a release``.
    static func mapping(
        _ what: String, _ body: @escaping @Sendable (MappingReader) -> Value
    ) -> Form {
        Form(
            placeholder: { body(MappingReader(.empty, what: what, problems: Problems())) },
            read: { node, subject, problems in
                guard case .mapping = node.content else {
                    problems.report(
                        "\(subject) must be a mapping, not \(node.content.shown)",
                        at: node.location)
                    return nil
                }
                let reader = MappingReader(node, what: what, problems: problems)
                let value = body(reader)
                reader.reportUnknownKeys()
                return value
            })
    }

    /// A list with at least one entry, unless `canBeEmpty`.
    static func list<Element: Hashable>(
        of element: Form<Element>, unique: Bool = false, canBeEmpty: Bool = false
    ) -> Form where Value == [Element] {
        Form(placeholder: { [] }) { node, subject, problems in
            guard case .sequence(let nodes) = node.content else {
                problems.report(
                    "\(subject) must be a list, not \(node.content.shown)", at: node.location)
                return nil
            }
            if nodes.isEmpty, !canBeEmpty {
                problems.report("\(subject) must have an entry", at: node.location)
            }
            var seen: Set<Element> = []
            // A stand-in keeps the entries after it at their index, by which checks find places.
            return nodes.map { node in
                guard let value = element.read(node, "an entry of \(subject)", problems) else {
                    return element.placeholder()
                }
                if !seen.insert(value).inserted, unique {
                    problems.report(
                        "\(subject) names \(node.content.shown) twice", at: node.location)
                }
                return value
            }
        }
    }

    /// A mapping whose keys are names that people choose, in the order of the file.
    static func entries<Element: Sendable>(
        key: Form<String>, of element: Form<Element>
    ) -> Form where Value == [(key: String, value: Element)] {
        Form(placeholder: { [] }) { node, subject, problems in
            guard case .mapping(let entries) = node.content else {
                problems.report(
                    "\(subject) must be a mapping, not \(node.content.shown)", at: node.location)
                return nil
            }
            return entries.compactMap { entry in
                let keyNode = YAMLNode(location: entry.keyLocation, content: .scalar(entry.key))
                let name = key.read(keyNode, "a key of \(subject)", problems)
                let value = element.read(entry.value, "`\(entry.key)` of \(subject)", problems)
                guard let name, let value else { return nil }
                return (name, value)
            }
        }
    }

    /// The value of this form, turned into another.
    func map<Other>(_ transform: @escaping @Sendable (Value) -> Other) -> Form<Other> {
        let (placeholder, read) = (placeholder, read)
        return Form<Other>(
            placeholder: { transform(placeholder()) },
            read: { read($0, $1, $2).map(transform) })
    }
}

extension YAMLNode {
    fileprivate static let empty = YAMLNode(
        location: SourceLocation(file: "", line: 1, column: 1), content: .mapping([]))
}

extension YAMLNode.Content {
    /// The value as messages quote it: the first 60 characters of the first line.
    var shown: String {
        switch self {
        case .scalar(""): return "empty"
        case .scalar(let text):
            let line = text.prefix { !$0.isNewline }
            let short = line.prefix(60)
            return "`\(short)\(short.count < text.count ? "…" : "")`"
        case .sequence: return "a list"
        case .mapping: return "a mapping"
        }
    }
}
