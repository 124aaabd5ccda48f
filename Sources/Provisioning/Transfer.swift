import Debian
import Foundation
import HostSystem
import SystemPackage

/// One run of curl for one address, and what came of it (curl(1) has the options and exit codes).
struct Transfer: Sendable {
    enum Outcome: Sendable, Hashable {
        /// The file has as many bytes as it shall have; which ones is not judged here.
        case complete
        /// The server goes on from nowhere but the beginning, or not with the same file.
        case cannotResume
        /// The file could not be written, in curl's words.
        case cannotWrite(String)
        case failed(DownloadProblem)
    }

    let address: String
    let file: FilePath
    /// Bytes of the file that are there already.
    let start: Int64
    /// Bytes that the whole file shall have.
    let size: Int64
    let protocols: Downloader.Protocols
    let limits: Downloader.Limits
    /// What is left of the total time.
    let seconds: Int

    /// What curl tells at its end, a line each.
    private static let report = [
        "http_code", "http_version", "num_redirects", "url_effective", "time_connect",
        "header{content-length}", "header{transfer-encoding}", "header{retry-after}",
        "header{date}",
    ]

    var command: Command {
        let format = Self.report.map { $0.hasPrefix("header") ? "%\($0)\\n" : "%{\($0)}\\n" }
        // curl bounds a body by --max-filesize only where its length is told beforehand, so the
        // kernel holds the file to its size (setrlimit(2)). The user's .curlrc stays out.
        return Command(
            "prlimit",
            [
                "--fsize=\(size)", "--core=0", "curl", "--disable", "--fail", "--silent",
                "--show-error", "--location", "--globoff",
                "--proto", protocols.first, "--proto-redir", protocols.redirected,
                "--max-redirs", String(limits.redirects),
                "--connect-timeout", String(limits.connectSeconds),
                "--max-time", String(seconds),
                "--speed-limit", String(limits.stallSpeed),
                "--speed-time", String(limits.stallSeconds),
                "--max-filesize", String(size), "--continue-at", "-", "--no-buffer",
                "--output", file.string,
                "--write-out", format.joined(), address,
            ])
    }

    /// Judges how curl ended.
    ///
    /// - Parameters:
    ///   - result: curl's exit code, report and complaint.
    ///   - count: bytes that the file has now.
    /// - Returns: what came of it.
    func outcome(of result: CommandResult, count: Int64) -> Outcome {
        let reply = Reply(result)
        switch result.ending {
        case .exited(0): return finished(reply, count: count)
        case .exited(18):
            if let length = reply.length, start + length != size {
                return wrong(.otherLength(start + length, expected: size))
            }
            return .failed(.truncated(after: count, of: size))
        case .exited(63):
            return wrong(
                reply.length.map { .otherLength($0, expected: size) } ?? .endless(expected: size))
        case .killed(let signal) where signal == Int(SIGXFSZ):
            return wrong(.endless(expected: size))
        case .exited(23):
            return count >= size
                ? wrong(.endless(expected: size)) : .cannotWrite(reply.complaint)
        case .exited(33), .exited(36): return wrong(.other(reply.complaint, mayPass: false))
        case .exited(22):
            if reply.status == 416 { return wrong(.http(416, retryAfter: nil)) }
            return .failed(.http(reply.status, retryAfter: reply.retryAfter))
        case .exited(1): return .failed(forbidden(reply))
        case .exited(47): return .failed(.tooManyRedirects(limit: limits.redirects))
        case .exited(28): return .failed(late(reply, count: count))
        // Names, connections, TLS handshakes and streams that break off.
        case .exited(let code) where [5, 6, 7, 16, 35, 52, 55, 56, 92].contains(code):
            return .failed(.other(reply.complaint, mayPass: true))
        default:
            return .failed(.other(reply.complaint, mayPass: false))
        }
    }

    private func finished(_ reply: Reply, count: Int64) -> Outcome {
        // curl may take 416 for success when it resumes: nothing is left to send.
        if reply.status == 416 { return wrong(.http(416, retryAfter: nil)) }
        if count == size { return .complete }
        return reply.isKnownToBeWhole
            ? wrong(.otherLength(count, expected: size))
            : .failed(.truncated(after: count, of: size))
    }

    /// What goes wrong after a resume may be due to the bytes of before.
    private func wrong(_ problem: DownloadProblem) -> Outcome {
        start > 0 ? .cannotResume : .failed(problem)
    }

    private func forbidden(_ reply: Reply) -> DownloadProblem {
        guard reply.redirects == 0 else {
            return .forbiddenRedirect(String(reply.address.prefix(200)))
        }
        return .forbiddenProtocol(String(address.prefix { $0 != ":" }))
    }

    private func late(_ reply: Reply, count: Int64) -> DownloadProblem {
        if reply.complaint.contains("too slow") { return .stalled(after: count, of: size) }
        if !reply.isConnected, seconds > limits.connectSeconds {
            return .noConnection(seconds: limits.connectSeconds)
        }
        return .outOfTime(after: count, of: size)
    }
}

/// What curl reported of the last answer.
private struct Reply {
    /// The HTTP status; 0 without one.
    let status: Int
    let redirects: Int
    /// The address after all redirects.
    let address: String
    let isConnected: Bool
    /// The length that the server told; of a resumed transfer, that of the rest.
    let length: Int64?
    /// Whether the end of the body was marked, so that what came is all there is.
    let isKnownToBeWhole: Bool
    /// Seconds.
    let retryAfter: Int?
    /// What curl printed as its error.
    let complaint: String

    init(_ result: CommandResult) {
        // A killed curl reports nothing.
        let lines = result.standardOutput.split(separator: "\n", omittingEmptySubsequences: false)
        func line(_ index: Int) -> String {
            lines.indices.contains(index) ? String(lines[index]) : ""
        }
        status = Int(line(0)) ?? 0
        redirects = Int(line(2)) ?? 0
        address = line(3)
        isConnected = (Double(line(4)) ?? 0) > 0
        length = Int64(line(5))
        isKnownToBeWhole =
            status == 0 || !["0", "1", "1.0", "1.1"].contains(line(1)) || length != nil
            || line(6).lowercased() == "chunked"
        retryAfter = Self.seconds(line(7), date: line(8))
        let complaints = result.standardError.split(whereSeparator: \.isNewline)
        // Advice on certificates may follow.
        complaint = String(
            complaints.last { $0.hasPrefix("curl: (") } ?? complaints.last
                ?? "curl ended with \(result.ending)")
    }

    /// Reads Retry-After (RFC 9110, 10.2.3): seconds, or a date, here counted from the server's.
    private static func seconds(_ text: String, date: String) -> Int? {
        if let seconds = Int(text) { return max(0, seconds) }
        guard let then = try? UTCDate(rfc2822: text), let now = try? UTCDate(rfc2822: date) else {
            return nil
        }
        return max(0, then.seconds - now.seconds)
    }
}
