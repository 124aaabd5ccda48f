import Diagnostics
package import Foundation
package import SystemPackage

/// File operations with errors that name what was being done to which path.
package enum Files {
    package static func exists(_ path: FilePath) -> Bool {
        FileManager.default.fileExists(atPath: path.string)
    }

    package static func isDirectory(_ path: FilePath) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path.string, isDirectory: &isDirectory)
            && isDirectory.boolValue
    }

    /// Makes a folder and those above it that are missing; one that is there keeps its mode.
    ///
    /// - Throws: `Failure` of kind `environment` with the reason the system gives.
    package static func createDirectory(_ path: FilePath, mode: UInt32 = 0o755) throws {
        if mkdir(path.string, mode) == 0 { return }
        let reason = Errno(rawValue: errno)
        if reason == .fileExists, isDirectory(path) { return }
        let parent = path.removingLastComponent()
        guard reason == .noSuchFileOrDirectory, parent != path else {
            throw failure("create the folder", path, reason)
        }
        try createDirectory(parent)
        guard mkdir(path.string, mode) == 0 || isDirectory(path) else {
            throw failure("create the folder", path, Errno(rawValue: errno))
        }
    }

    /// Removes a file or a whole tree; nothing there is not an error.
    package static func remove(_ path: FilePath) throws {
        guard (try? FileManager.default.attributesOfItem(atPath: path.string)) != nil else {
            return
        }
        try attempt("remove", path) { try FileManager.default.removeItem(atPath: path.string) }
    }

    /// Removes a tree, also one with folders of subordinate ids, or with folders that a hostile
    /// program closed against its own user.
    ///
    /// - Throws: `Failure` of kind `environment` when something cannot be removed.
    package static func removeTree(_ path: FilePath) async throws {
        do {
            try remove(path)
        } catch {
            guard Privileges.current == .subordinateIDs else { throw error }
            let command = Privileges.current.withSystemIDs(
                Command("rm", ["--recursive", "--force", "--one-file-system", "--", path.string]))
            // A task of its own, because a cancelled one starts no programs.
            let result = await Task { try? await SubprocessRunner().capture(command) }.value
            guard result?.succeeded == true else { throw error }
        }
    }

    package static func readBytes(_ path: FilePath) throws -> [UInt8] {
        try attempt("read", path) { Array(try Data(contentsOf: URL(filePath: path.string))) }
    }

    /// Reads a text file as UTF-8; bytes that are none are replaced.
    package static func readText(_ path: FilePath) throws -> String {
        String(decoding: try readBytes(path), as: UTF8.self)
    }

    /// Reads the end of a text file, from a byte offset on.
    package static func readText(_ path: FilePath, from offset: Int64) throws -> String {
        String(decoding: try readBytes(path, from: offset), as: UTF8.self)
    }

    /// Reads the end of a file, from a byte offset on.
    package static func readBytes(_ path: FilePath, from offset: Int64) throws -> [UInt8] {
        try attempt("read", path) {
            let file = try FileHandle(forReadingFrom: URL(filePath: path.string))
            defer { try? file.close() }
            try file.seek(toOffset: UInt64(offset))
            return Array(try file.readToEnd() ?? Data())
        }
    }

    /// Writes a file so that a reader sees the old bytes or the new ones, never a part.
    package static func write(_ text: String, to path: FilePath, mode: Int = 0o644) throws {
        try write(Array(text.utf8), to: path, mode: mode)
    }

    /// Writes a file so that a reader sees the old bytes or the new ones, never a part.
    package static func write(_ bytes: [UInt8], to path: FilePath, mode: Int = 0o644) throws {
        let name = path.lastComponent?.string ?? "file"
        let partial = path.removingLastComponent()
            .appending(".\(name).\(ProcessInfo.processInfo.processIdentifier).partial")
        do {
            try attempt("write", path) {
                try Data(bytes).write(to: URL(filePath: partial.string))
                try FileManager.default.setAttributes(
                    [.posixPermissions: mode], ofItemAtPath: partial.string)
            }
            try move(partial, to: path)
        } catch {
            try? FileManager.default.removeItem(atPath: partial.string)
            throw error
        }
    }

    /// Adds text at the end of a file, which is made when it is not there.
    package static func append(_ text: String, to path: FilePath) throws {
        try attempt("write", path) {
            let file = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .append, .closeOnExec],
                permissions: FilePermissions(rawValue: 0o644))
            _ = try file.closeAfter { try file.writeAll(text.utf8) }
        }
    }

    /// Cuts a file off after a number of bytes.
    package static func truncate(_ path: FilePath, to bytes: Int64) throws {
        try attempt("shorten", path) {
            let file = try FileDescriptor.open(path, .writeOnly, options: .closeOnExec)
            try file.closeAfter { try file.resize(to: bytes) }
        }
    }

    /// Renames within one file system; a file at the destination is replaced atomically.
    package static func move(_ source: FilePath, to destination: FilePath) throws {
        guard rename(source.string, destination.string) == 0 else {
            throw failure("move `\(source)` to", destination, Errno(rawValue: errno))
        }
    }

    package static func setMode(_ mode: Int, of path: FilePath) throws {
        try attempt("set the mode of", path) {
            try FileManager.default.setAttributes(
                [.posixPermissions: mode], ofItemAtPath: path.string)
        }
    }

    /// Hard-links a file, and copies it where links cannot be made (another file system).
    package static func linkOrCopy(_ source: FilePath, to destination: FilePath) throws {
        if link(source.string, destination.string) == 0 { return }
        try copy(source, to: destination)
    }

    /// Copies a file, or a folder with all that is in it.
    package static func copy(_ source: FilePath, to destination: FilePath) throws {
        try attempt("copy `\(source)` to", destination) {
            try FileManager.default.copyItem(atPath: source.string, toPath: destination.string)
        }
    }

    package static func symbolicLink(at path: FilePath, to target: FilePath) throws {
        try attempt("make the link", path) {
            try FileManager.default.createSymbolicLink(
                atPath: path.string, withDestinationPath: target.string)
        }
    }

    /// The names in a folder, sorted by bytes so that no listing depends on the file system.
    package static func names(in path: FilePath) throws -> [String] {
        try attempt("list", path) {
            try FileManager.default.contentsOfDirectory(atPath: path.string)
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
    }

    package static func size(of path: FilePath) throws -> Int64 {
        try attempt("read the size of", path) {
            let attributes = try FileManager.default.attributesOfItem(atPath: path.string)
            return (attributes[.size] as? NSNumber)?.int64Value ?? 0
        }
    }

    package static func modificationDate(of path: FilePath) throws -> Date {
        try attempt("read the date of", path) {
            let attributes = try FileManager.default.attributesOfItem(atPath: path.string)
            return attributes[.modificationDate] as? Date ?? Date(timeIntervalSince1970: 0)
        }
    }

    /// The number of the file system that a path lies on.
    package static func device(of path: FilePath) throws -> Int {
        try attempt("look at", path) {
            let attributes = try FileManager.default.attributesOfItem(atPath: path.string)
            return (attributes[.systemNumber] as? NSNumber)?.intValue ?? 0
        }
    }

    /// Free bytes for this user on the file system that holds `path`.
    package static func freeBytes(at path: FilePath) throws -> Int64 {
        try attempt("read the free space of", path) {
            let attributes = try FileManager.default.attributesOfFileSystem(forPath: path.string)
            return (attributes[.systemFreeSize] as? NSNumber)?.int64Value ?? 0
        }
    }

    /// How many files can still be made on the file system that holds `path`; nil where they are
    /// not counted.
    package static func freeFiles(at path: FilePath) throws -> Int64? {
        try attempt("read the free space of", path) {
            let attributes = try FileManager.default.attributesOfFileSystem(forPath: path.string)
            let all = (attributes[.systemNodes] as? NSNumber)?.int64Value ?? 0
            return all > 0 ? (attributes[.systemFreeNodes] as? NSNumber)?.int64Value : nil
        }
    }

    private static func attempt<Value>(
        _ action: String, _ path: FilePath, _ body: () throws -> Value
    ) throws -> Value {
        do {
            return try body()
        } catch let error as Errno {
            throw failure(action, path, error)
        } catch {
            let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
            let cause = underlying ?? (error as NSError)
            if cause.domain == NSPOSIXErrorDomain {
                throw failure(action, path, Errno(rawValue: CInt(cause.code)))
            }
            throw Failure(.environment, "cannot \(action) `\(path)`: \(error.localizedDescription)")
        }
    }

    private static func failure(_ action: String, _ path: FilePath, _ error: Errno) -> Failure {
        guard error == .noSpace || error.rawValue == EDQUOT else {
            return Failure(.environment, "cannot \(action) `\(path)`: \(error)")
        }
        let folder = path.removingLastComponent()
        return DiskSpace.full(
            at: folder, free: (try? freeBytes(at: folder)) ?? 0,
            needed: "more needed to \(action) `\(path)`")
    }
}
