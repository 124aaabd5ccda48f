import Diagnostics
import Foundation
import HostSystem
import SystemPackage

/// A JSON file that a person named, with words for when it is another one.
struct JSONInput {
    private let path: FilePath
    private let kind: String
    private let hint: String
    private let bytes: [UInt8]

    /// - Parameters:
    ///   - path: the file.
    ///   - kind: what it should be, such as `a heap map`.
    ///   - hint: what writes such a file.
    /// - Throws: `Failure` of kind `environment` when it cannot be read.
    init(_ path: FilePath, kind: String, hint: String) throws {
        self.path = path
        self.kind = kind
        self.hint = hint
        bytes = try Files.readBytes(path)
    }

    /// - Parameter type: what to read it as.
    /// - Returns: the value.
    /// - Throws: `Failure` of kind `usage` when the file is something else.
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw Failure(.usage, "`\(path)` is not \(kind): \(Self.reason(error))", hint: hint)
        }
    }

    /// - Parameter kind: what it should have been.
    /// - Returns: the failure that says so.
    func refused(as kind: String) -> Failure {
        Failure(.usage, "`\(path)` is not \(kind)", hint: hint)
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
