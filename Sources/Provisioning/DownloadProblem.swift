import Digest

/// Why an address did not give a file.
enum DownloadProblem: Sendable, Hashable {
    case otherBytes(expected: SHA256Digest, found: SHA256Digest)
    /// The server says how long its file is, and the recipe says otherwise.
    case otherLength(Int64, expected: Int64)
    /// The body went on after the recipe's size; how far is not known.
    case endless(expected: Int64)
    case truncated(after: Int64, of: Int64)
    case stalled(after: Int64, of: Int64)
    case outOfTime(after: Int64, of: Int64)
    case noConnection(seconds: Int)
    /// An error status, and the seconds after which the server wants to be asked again.
    case http(Int, retryAfter: Int?)
    case forbiddenProtocol(String)
    case forbiddenRedirect(String)
    case tooManyRedirects(limit: Int)
    /// Anything else, in curl's own words.
    case other(String, mayPass: Bool)

    /// Whether the server gave, or would give, other bytes than the recipe's for certain.
    var isWrongBytes: Bool {
        switch self {
        case .otherBytes, .otherLength, .endless: true
        default: false
        }
    }

    /// Whether the same request may well succeed later.
    var mayPass: Bool {
        switch self {
        case .truncated, .stalled, .noConnection: true
        case .http(let status, _): status == 408 || status == 429 || status >= 500
        case .other(_, let mayPass): mayPass
        case .otherBytes, .otherLength, .endless, .outOfTime, .forbiddenProtocol,
            .forbiddenRedirect, .tooManyRedirects:
            false
        }
    }

    /// How long the server asks to be left alone.
    var retryAfter: Duration? {
        guard case .http(_, let seconds?) = self else { return nil }
        return .seconds(seconds)
    }
}

extension DownloadProblem: CustomStringConvertible {
    var description: String {
        switch self {
        case .otherBytes(let expected, let found):
            "gave other bytes: expected sha256 \(expected), got \(found)"
        case .otherLength(let length, let expected):
            "has a file of \(length) bytes, and the recipe says \(expected)"
        case .endless(let expected):
            "sent more than the \(expected) bytes that the recipe says"
        case .truncated(let count, let size): "truncated after \(count) of \(size) bytes"
        case .stalled(let count, let size): "stalled after \(count) of \(size) bytes"
        case .outOfTime(let count, let size):
            "took too long: \(count) of \(size) bytes had come"
        case .noConnection(let seconds): "no connection within \(seconds) seconds"
        case .http(let status, nil): "HTTP \(status)"
        case .http(let status, let seconds?):
            "HTTP \(status), asks to come back after \(seconds) seconds"
        case .forbiddenProtocol(let scheme): "the protocol `\(scheme)` is not allowed"
        case .forbiddenRedirect(let address):
            "redirected to a forbidden protocol: `\(address)`"
        case .tooManyRedirects(let limit): "redirected more than \(limit) times"
        case .other(let words, _): words
        }
    }
}
