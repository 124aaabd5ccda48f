import Foundation
import SystemPackage

/// The files of one process below /proc.
struct ProcessFiles: Sendable {
    let process: Int32

    func path(_ name: String) -> FilePath { FilePath("/proc/\(process)/\(name)") }

    /// Reads a file whose size nobody knows beforehand.
    ///
    /// - Throws: `Errno`, which tells whether the process is gone or closed to us.
    func bytes(_ name: String, atMost limit: Int = 256 << 20) throws(Errno) -> [UInt8] {
        let file = try open(name)
        defer { try? file.close() }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 256 << 10)
        while bytes.count < limit {
            let count: Int
            do {
                count = try piece.withUnsafeMutableBytes { try file.read(into: $0) }
            } catch let error as Errno {
                throw error
            } catch { throw .ioError }
            if count == 0 { break }
            bytes += piece[0..<count]
        }
        return bytes
    }

    func text(_ name: String) throws(Errno) -> String {
        String(decoding: try bytes(name), as: UTF8.self)
    }

    func open(_ name: String) throws(Errno) -> FileDescriptor {
        do {
            return try FileDescriptor.open(path(name), .readOnly, options: .closeOnExec)
        } catch let error as Errno {
            throw error
        } catch { throw .ioError }
    }

    /// Nil when there is no such process.
    func status() throws(Errno) -> ProcessStatus? {
        do throws(Errno) {
            return ProcessStatus(text: try text("status"))
        } catch {
            if error == .noSuchFileOrDirectory || error == .noSuchProcess { return nil }
            throw error
        }
    }

    /// The threads that are there now.
    func threads() -> [Int32] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: path("task").string)
        return (names ?? []).compactMap { Int32($0) }
    }

    /// Whether a thread has ended, or is gone.
    func hasEnded(_ thread: Int32) -> Bool {
        guard let stat = try? text("task/\(thread)/stat"), let close = stat.lastIndex(of: ")")
        else { return true }
        let state = stat[close...].dropFirst(2).first
        return state == "Z" || state == "X"
    }

    /// Stack pointers of the threads, as /proc/PID/task/TID/syscall tells them of stopped ones:
    /// the last word but one (proc_pid_syscall(5)).
    func stackPointers() -> [UInt64] {
        threads().compactMap { thread in
            guard let line = try? text("task/\(thread)/syscall") else { return nil }
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 3 else { return nil }
            return UInt64(words[words.count - 2].dropFirst(2), radix: 16)
        }
    }
}
