import Diagnostics

/// A value of a YAML file with its place; a scalar is text exactly as written, whatever it looks
/// like, so that `3.10` stays `3.10` and `no` stays `no`.
struct YAMLNode: Sendable {
    struct Entry: Sendable {
        let key: String
        let keyLocation: SourceLocation
        let value: YAMLNode
    }

    enum Content: Sendable {
        case scalar(String)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    /// One step down into a value.
    enum Step: ExpressibleByStringLiteral {
        case key(String)
        case index(Int)

        init(stringLiteral key: String) { self = .key(key) }
    }

    let location: SourceLocation
    let content: Content

    /// The place of the key or list entry that the steps lead to, or of the last one that exists.
    func location(of path: [Step]) -> SourceLocation {
        guard let step = path.first else { return location }
        let rest = Array(path.dropFirst())
        switch (step, content) {
        case (.key(let key), .mapping(let entries)):
            guard let entry = entries.first(where: { $0.key == key }) else { return location }
            return rest.isEmpty ? entry.keyLocation : entry.value.location(of: rest)
        case (.index(let index), .sequence(let values)):
            return values.indices.contains(index) ? values[index].location(of: rest) : location
        default:
            return location
        }
    }
}
