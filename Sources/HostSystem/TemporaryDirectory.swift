package import SystemPackage

/// A folder that lives as long as a scope.
package enum TemporaryDirectory {
    /// Makes an empty folder under `parent`, runs `body`, and removes the folder however it ends,
    /// unless it ends with an error for which the folder is still wanted.
    package static func with<Value>(
        in parent: FilePath, name: String, keptOn isKept: (any Error) -> Bool = { _ in false },
        _ body: (FilePath) async throws -> Value
    ) async throws -> Value {
        var random = SystemRandomNumberGenerator()
        let suffix = String(random.next() as UInt64, radix: 36)
        return try await with(
            parent.appending("\(name)-\(suffix)"), keptOn: isKept, body)
    }

    /// As `with(in:name:)`, with a path that is the same each time; nobody else may use it.
    package static func with<Value>(
        _ path: FilePath, keptOn isKept: (any Error) -> Bool = { _ in false },
        _ body: (FilePath) async throws -> Value
    ) async throws -> Value {
        try Files.createDirectory(path, mode: 0o700)
        do {
            let value = try await body(path)
            try await Files.removeTree(path)
            return value
        } catch  where isKept(error) {
            throw error
        } catch {
            // Removing makes room, so whether the disk is full is asked before. The first error is
            // the one to report; what cannot be removed now is removed by the next run, which
            // clears the home's temporary folder under the lock.
            let error = DiskSpace.explaining(error, at: path.removingLastComponent())
            try? await Files.removeTree(path)
            throw error
        }
    }
}
