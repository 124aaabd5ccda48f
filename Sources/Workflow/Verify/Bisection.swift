/// Finds out which variations make a difference.
struct Bisection: Sendable {
    /// Whether a rebuild with some variations differs from one without any.
    let differs: @Sendable ([Variation]) async throws -> Bool

    /// The variations that reach the outcome.
    ///
    /// Halves that make no difference are left alone, so one culprit among 17 takes about nine
    /// rebuilds. Variations that make a difference only together are named together.
    ///
    /// - Parameter variations: a set that is known to make a difference.
    /// - Returns: single variations, or groups of those that act together.
    /// - Throws: what a rebuild throws.
    func culprits(in variations: [Variation]) async throws -> [[Variation]] {
        guard variations.count > 1 else { return [variations] }
        let middle = variations.count / 2
        var culprits: [[Variation]] = []
        for half in [Array(variations[..<middle]), Array(variations[middle...])]
        where try await differs(half) {
            culprits += try await self.culprits(in: half)
        }
        return culprits.isEmpty ? [variations] : culprits
    }
}
