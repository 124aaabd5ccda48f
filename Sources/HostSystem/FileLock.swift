import Diagnostics
import Foundation
package import SystemPackage

/// An advisory lock on a file (flock(2)), which the kernel drops when its holder dies.
package struct FileLock: Sendable {
    package let path: FilePath

    package init(_ path: FilePath) {
        self.path = path
    }

    /// Runs `body` while holding the lock.
    ///
    /// - Parameters:
    ///   - holder: what this process is doing, shown to those who wait.
    ///   - wait: whether to wait for somebody else, or to fail at once.
    ///   - onWait: called once, with the holder's own words, before waiting begins.
    ///   - body: what to do under the lock.
    /// - Returns: what `body` returns.
    /// - Throws: `Failure` of kind `environment` when somebody else holds it and `wait` is false.
    package func with<Value>(
        holder: String, wait: Bool, onWait: @Sendable (String) -> Void,
        _ body: () async throws -> Value
    ) async throws -> Value {
        let file = try open()
        defer { try? file.close() }
        try await acquire(file, wait: wait, onWait: onWait)
        // Closing alone lets the lock go only when the last copy of the descriptor is closed, and
        // a child that another task has just forked holds one until it runs its program.
        defer { flock(file.rawValue, LOCK_UN) }
        let words = "\(holder) (process \(ProcessInfo.processInfo.processIdentifier))"
        try? file.resize(to: 0)
        _ = try? file.writeAll(toAbsoluteOffset: 0, words.utf8)
        defer { try? file.resize(to: 0) }
        return try await body()
    }

    private func open() throws -> FileDescriptor {
        do {
            return try FileDescriptor.open(
                path, .readWrite, options: [.create, .closeOnExec],
                permissions: FilePermissions(rawValue: 0o644))
        } catch let error as Errno {
            throw Failure(
                .environment, "cannot open the lock `\(path)`: \(error)",
                hint: "choose a folder you may write to with --home or LAPIDARY_HOME")
        }
    }

    private func acquire(
        _ file: FileDescriptor, wait: Bool, onWait: @Sendable (String) -> Void
    ) async throws {
        var told = false
        while flock(file.rawValue, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw Failure(.environment, "cannot lock `\(path)`: \(Errno(rawValue: errno))")
            }
            let words = (try? Files.readText(path)) ?? ""
            let other = words.isEmpty ? "another lapidary" : words
            guard wait else {
                throw Failure(
                    .environment,
                    "the home `\(path.removingLastComponent())` is in use by \(other)",
                    hint: "leave out --no-wait to wait for it, or use another --home")
            }
            if !told { onWait(other) }
            told = true
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
