extension ProgressDisplay {
    /// Keeps the display moving while `body` runs; it is gone when that ends.
    ///
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    package func live<Value: Sendable>(_ body: () async throws -> Value) async rethrows -> Value {
        let ticker = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(200))
                tick()
            }
        }
        defer {
            ticker.cancel()
            close()
        }
        return try await body()
    }
}
