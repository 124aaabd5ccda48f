import Foundation
import Synchronization

/// A web server of a few fixed answers on a free port of 127.0.0.1.
package final class LoopbackServer: Sendable {
    /// What a path gives: bytes, or the address of another place.
    package enum Answer: Sendable {
        case bytes([UInt8])
        case redirect(String)
    }

    package let port: UInt16
    private let listener: Int32
    private let answers: [String: Answer]
    private let asked = Mutex<[String]>([])

    /// The paths that were asked for, in order.
    package var requests: [String] { asked.withLock { $0 } }

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
            answer(connection)
            close(connection)
        }
        close(listener)
    }

    private func answer(_ connection: Int32) {
        var request: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !request.ends(with: Array("\r\n\r\n".utf8)) {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return }
            request += buffer[..<count]
        }
        let words = String(decoding: request, as: UTF8.self).split(separator: " ")
        let path = words.count > 1 ? String(words[1]) : ""
        asked.withLock { $0.append(path) }
        let response: [UInt8] =
            switch answers[path] {
            case .bytes(let bytes): head("200 OK", length: bytes.count) + bytes
            case .redirect(let address):
                head("302 Found", length: 0, "Location: \(address)\r\n")
            case nil: head("404 Not Found", length: 0)
            }
        var rest = response[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private func head(_ status: String, length: Int, _ more: String = "") -> [UInt8] {
        Array(
            "HTTP/1.1 \(status)\r\nContent-Length: \(length)\r\nConnection: close\r\n\(more)\r\n"
                .utf8)
    }
}

extension [UInt8] {
    fileprivate func ends(with tail: [UInt8]) -> Bool { suffix(tail.count) == tail[...] }
}
