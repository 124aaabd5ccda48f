import Foundation
import Synchronization

/// A web server on a free port of 127.0.0.1, good or bad as each test wants it.
package final class LoopbackServer: Sendable {
    /// What a path gives.
    package indirect enum Answer: Sendable {
        /// All bytes, whatever range is asked for.
        case bytes([UInt8])
        /// The bytes from where the request wants them (RFC 9110, 14.2), or 416.
        case ranged([UInt8])
        /// A redirection to another place.
        case redirect(String)
        /// A status with no body.
        case status(Int, headers: [String: String] = [:])
        /// A body with the length that is claimed for it, or none, and how the answer ends.
        case body([UInt8], claiming: Int?, then: Ending)
        /// What remains of the bytes from where the request wants them, broken off after a count.
        case brokenOff([UInt8], after: Int, then: Ending)
        /// A body that marks its own end (RFC 9112, 7.1).
        case chunked([UInt8])
        /// A body without length that goes on for 64 MiB, more than any test should take.
        case endless
        /// One answer after another; the last one stays.
        case sequence([Answer])
    }

    /// What happens after the last byte.
    package enum Ending: Sendable {
        /// The connection is closed in order.
        case close
        /// The connection is reset (tcp(7)).
        case reset
        /// Nothing more comes until the other side goes away.
        case stall
    }

    /// What was asked for.
    package struct Request: Sendable, Hashable {
        package let path: String
        /// The first byte that was wanted, if a range was.
        package let start: Int?
    }

    package let port: UInt16
    private let listener: Int32
    private let answers: [String: Answer]
    private let asked = Mutex<[Request]>([])

    /// The paths that were asked for, in order.
    package var requests: [String] { asked.withLock { $0.map(\.path) } }

    /// The first bytes that were asked for, in order; nil for a whole file.
    package var starts: [Int?] { asked.withLock { $0.map(\.start) } }

    /// Runs a body while the server answers.
    ///
    /// - Parameters:
    ///   - answers: by path; any other path is not found.
    ///   - body: what happens meanwhile.
    /// - Returns: what the body returns.
    /// - Throws: what the body throws, or an `Errno`-like error when there is no port.
    package static func with<Value>(
        _ answers: [String: Answer] = [:], _ body: (LoopbackServer) async throws -> Value
    ) async throws -> Value {
        let server = try LoopbackServer(answers)
        let thread = Thread { server.serve() }
        thread.start()
        // accept(2) returns once the socket is shut down, and the thread ends.
        defer { shutdown(server.listener, Int32(SHUT_RDWR)) }
        return try await body(server)
    }

    package func address(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    private init(_ answers: [String: Answer]) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isListening else { throw POSIXError(.EADDRNOTAVAIL) }
        port = UInt16(bigEndian: address.sin_port)
        listener = descriptor
        self.answers = answers
    }

    private func serve() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { break }
            if let request = Self.read(from: connection) { answer(request, on: connection) }
            close(connection)
        }
        close(listener)
    }

    private static func read(from connection: Int32) -> Request? {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while text.suffix(4) != Array("\r\n\r\n".utf8)[...] {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            text += buffer[..<count]
        }
        let request = String(decoding: text, as: UTF8.self)
        let start = request.firstMatch(of: /(?i)\r\nrange: bytes=([0-9]+)-/)
        return Request(
            path: request.split(separator: " ").dropFirst().first.map(String.init) ?? "",
            start: start.flatMap { Int($0.1) })
    }

    private func answer(_ request: Request, on connection: Int32) {
        let earlier = asked.withLock { asked in
            asked.append(request)
            return asked.count { $0.path == request.path } - 1
        }
        var answer = answers[request.path] ?? .status(404)
        if case .sequence(let answers) = answer {
            answer = answers[min(earlier, answers.count - 1)]
        }
        Reply(connection: connection, start: request.start).give(answer)
    }
}

/// Writes one answer.
private struct Reply {
    let connection: Int32
    let start: Int?

    func give(_ answer: LoopbackServer.Answer) {
        switch answer {
        case .bytes(let bytes): send(head(200, length: bytes.count) + bytes)
        case .ranged(let bytes): giveRest(of: bytes, upTo: bytes.count)
        case .redirect(let address): send(head(302, length: 0, ["Location": address]))
        case .status(let status, let headers): send(head(status, length: 0, headers))
        case .body(let bytes, let length, let ending):
            send(head(200, length: length) + bytes)
            end(ending)
        case .brokenOff(let bytes, let count, let ending):
            giveRest(of: bytes, upTo: (start ?? 0) + count)
            end(ending)
        case .chunked(let bytes):
            let size = String(bytes.count, radix: 16)
            send(
                head(200, length: nil, ["Transfer-Encoding": "chunked"])
                    + Array("\(size)\r\n".utf8) + bytes + Array("\r\n0\r\n\r\n".utf8))
        case .endless:
            guard send(head(200, length: nil)) else { return }
            for _ in 0..<64 where !send([UInt8](repeating: 0x61, count: 1 << 20)) { return }
        case .sequence: break
        }
    }

    private func giveRest(of bytes: [UInt8], upTo end: Int) {
        guard let start else {
            send(head(200, length: bytes.count) + bytes[..<min(end, bytes.count)])
            return
        }
        guard start < bytes.count else {
            send(head(416, length: 0, ["Content-Range": "bytes */\(bytes.count)"]))
            return
        }
        let range = "bytes \(start)-\(bytes.count - 1)/\(bytes.count)"
        send(
            head(206, length: bytes.count - start, ["Content-Range": range])
                + bytes[start..<min(end, bytes.count)])
    }

    private func end(_ ending: LoopbackServer.Ending) {
        switch ending {
        case .close: break
        case .reset:
            // What was sent must arrive before the reset, which throws queues away.
            usleep(100_000)
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(
                connection, SOL_SOCKET, SO_LINGER, &linger,
                socklen_t(MemoryLayout.size(ofValue: linger)))
        case .stall:
            var byte: UInt8 = 0
            _ = recv(connection, &byte, 1, 0)
        }
    }

    private func head(_ status: Int, length: Int?, _ headers: [String: String] = [:]) -> [UInt8] {
        var lines = ["HTTP/1.1 \(status) As-It-Is", "Connection: close"]
        if let length { lines.append("Content-Length: \(length)") }
        lines += headers.map { "\($0.key): \($0.value)" }
        return Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
    }

    @discardableResult
    private func send(_ bytes: some Collection<UInt8>) -> Bool {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
