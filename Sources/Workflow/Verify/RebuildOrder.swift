package import Planning
package import Store

/// What a rebuild is told: a plan and the world to run it in.
///
/// It is written by `verify` and read by the `lapidary` that it starts in that world.
package struct RebuildOrder: Sendable, Hashable, Codable {
    /// The format that this version writes and reads.
    package static let currentSchema = 1

    package let schema: Int
    package let document: PlanDocument
    package let variations: [Variation]
    package let clock: VariedWorld.Clock
    /// The folder of the variation kit.
    package let kit: String

    package init(
        document: PlanDocument, variations: [Variation], clock: VariedWorld.Clock, kit: String
    ) {
        schema = Self.currentSchema
        self.document = document
        self.variations = variations
        self.clock = clock
        self.kit = kit
    }

    /// The permissions that new files lack (umask(2)).
    package var fileMask: UInt32 { variations.contains(.umask) ? 0o002 : 0o022 }
}

/// What a rebuild made.
package struct RebuildResult: Sendable, Hashable, Codable {
    /// One action.
    package struct Made: Sendable, Hashable, Codable {
        package let action: ActionID
        package let outputs: [String: ActionResult.Output]
        /// Wall-clock seconds; 0 for what was given.
        package let seconds: Double
    }

    package let made: [Made]

    /// The outputs of one action.
    func outputs(of action: ActionID) -> [String: ActionResult.Output]? {
        made.first { $0.action == action }?.outputs
    }

    /// Seconds of everything that ran.
    var seconds: Double { made.map(\.seconds).reduce(0, +) }
}
