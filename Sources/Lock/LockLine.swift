import Diagnostics
import Digest
import Recipe

/// One line of a lock: words, then values with their keys, in a fixed order.
struct LockLine {
    private let file: String
    private let number: Int
    private let words: [String]
    private var index = 0

    init(_ text: String, file: String, number: Int) {
        self.file = file
        self.number = number
        words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    }

    var hasMore: Bool { index < words.count }

    func failure(_ problem: String) -> Failure { LockParser.failure(file, number, problem) }

    /// What no other line of the same kind may have.
    func identity(of keyword: String) -> [String] {
        let length =
            switch keyword {
            case "checksum": 1
            case "release", "recipe", "platform": 2
            case "package": 4
            default: 3
            }
        return Array(words.prefix(length))
    }

    mutating func word() -> String? {
        guard hasMore else { return nil }
        index += 1
        return words[index - 1]
    }

    /// The next word, which has to be what `expected` says.
    mutating func next<Value>(_ expected: String, _ read: (String) -> Value?) throws -> Value {
        guard let word = word() else { throw failure("\(expected) is missing at the end") }
        guard let value = read(word) else { throw failure("`\(word)` is not \(expected)") }
        return value
    }

    /// The value of the next word, which has to have this key.
    mutating func value<Value>(
        _ key: String, _ expected: String, _ read: (String) -> Value?
    ) throws -> Value {
        guard let word = word(), word.hasPrefix("\(key)=") else {
            throw failure("`\(key)=` is missing")
        }
        let text = String(word.dropFirst(key.count + 1))
        guard let value = read(text) else {
            throw failure("`\(key)` is not \(expected): `\(text)`")
        }
        return value
    }

    mutating func digest(_ key: String) throws -> SHA256Digest {
        try value(key, "a sha256 digest", SHA256Digest.init(hex:))
    }

    mutating func size(_ key: String) throws -> Int64 {
        try value(key, "a whole number") { Pattern.number($0).map(Int64.init) }
    }

    mutating func name(_ key: String) throws -> String {
        try value(key, "a name") { Pattern.isFileName($0) ? $0 : nil }
    }

    mutating func path() throws -> String {
        try next("a path") { Pattern.isPath($0) ? $0 : nil }
    }

    func end() throws {
        if hasMore { throw failure("`\(words[index])` is too much") }
    }
}
