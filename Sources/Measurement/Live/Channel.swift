import Diagnostics
import Foundation
import SystemPackage

/// Two named pipes in a folder, by which a measured program and lapidary speak a line at a time.
///
/// This process holds both ends of both, so that neither side ever waits for the other to open one,
/// and nothing breaks when the program dies.
final class Channel: Sendable {
    private let events: FileDescriptor
    private let answers: FileDescriptor

    /// Names of the pipes in the folder.
    static let events = "events"
    static let answers = "answers"

    /// - Parameter folder: an empty folder.
    /// - Throws: `Failure` of kind `environment` where no pipe can be made.
    init(in folder: FilePath) throws {
        events = try Self.pipe(folder.appending(Self.events))
        answers = try Self.pipe(folder.appending(Self.answers))
    }

    deinit {
        try? events.close()
        try? answers.close()
    }

    private static func pipe(_ path: FilePath) throws -> FileDescriptor {
        guard mkfifo(path.string, 0o600) == 0 else {
            throw Failure(.environment, "cannot make the pipe `\(path)`: \(Errno(rawValue: errno))")
        }
        do {
            return try FileDescriptor.open(
                path, .readWrite, options: [.nonBlocking, .closeOnExec])
        } catch let error as Errno {
            throw Failure(.environment, "cannot open the pipe `\(path)`: \(error)")
        }
    }

    /// Tells the program what to do next.
    func answer(_ word: String) {
        _ = try? answers.writeAll(Array("\(word)\n".utf8))
    }

    /// Waits for what the program says.
    ///
    /// - Parameter milliseconds: how long at most.
    /// - Returns: the bytes; none when there were none in that time.
    func read(within milliseconds: Int32) -> [UInt8] {
        var request = pollfd(fd: events.rawValue, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, milliseconds) > 0 else { return [] }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = (try? buffer.withUnsafeMutableBytes { try events.read(into: $0) }) ?? 0
        return Array(buffer.prefix(count))
    }
}

/// What a measured program says, one line each.
enum ProgramEvent: Hashable {
    /// Ruby has begun: its process as it sees itself, and when, in nanoseconds of CLOCK_MONOTONIC.
    case begin(process: Int32, at: Int64)
    /// A phase begins.
    case phase(at: Int64, name: String)
    /// The work is done, at a moment, with so many nanoseconds of processor time.
    case quiet(at: Int64, cpu: Int64, live: Int64?)
    /// It has collected garbage.
    case collected
    /// It has written what it knows of itself.
    case reported

    /// Nil for a line that is none of these.
    init?(line: String) {
        let words = line.split(separator: " ", maxSplits: 2).map(String.init)
        switch (words.first, words.count) {
        case ("begin", 3):
            guard let process = Int32(words[1]), let time = Int64(words[2]) else { return nil }
            self = .begin(process: process, at: time)
        case ("phase", 3):
            guard let time = Int64(words[1]) else { return nil }
            self = .phase(at: time, name: words[2])
        case ("quiet", 3):
            let numbers = words[2].split(separator: " ").map { Int64($0) }
            guard let time = Int64(words[1]), let cpu = numbers.first ?? nil else { return nil }
            self = .quiet(at: time, cpu: cpu, live: numbers.count > 1 ? numbers[1] : nil)
        case ("collected", 1): self = .collected
        case ("reported", 1): self = .reported
        default: return nil
        }
    }
}

/// Bytes as they come, and the lines that are whole.
struct LineBuffer {
    private var bytes: [UInt8] = []

    /// - Returns: the lines that are complete with these bytes.
    mutating func add(_ more: [UInt8]) -> [String] {
        bytes += more
        var lines: [String] = []
        while let end = bytes.firstIndex(of: 10) {
            lines.append(String(decoding: bytes[..<end], as: UTF8.self))
            bytes.removeFirst(end + 1)
        }
        return lines
    }
}
