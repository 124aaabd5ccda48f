/// One thing to build: a release as a variant, on a suite, for an architecture.
package struct Cell: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let series: RubySeries
    package private(set) var release: RubyRelease
    package let variant: Variant
    package let suite: Suite
    package let architecture: Architecture
    /// Whether the series' own package is made from it, besides the release's.
    package let standsForSeries: Bool

    /// The selection that means this cell alone; no two cells share it.
    package var description: String {
        "\(release.version)@\(variant.name):\(suite.name)/\(architecture)"
    }

    /// The same cell with what a lock says of its release.
    package func pinned(_ release: RubyRelease) -> Cell {
        var cell = self
        cell.release = release
        return cell
    }

    /// By release, then variant, suite and architecture; variants in the catalog's order.
    package static func < (left: Self, right: Self) -> Bool {
        if left.release.version != right.release.version {
            return left.release.version < right.release.version
        }
        if left.variant.name != right.variant.name {
            return Variant.precedes(left.variant, right.variant)
        }
        return (left.suite.name, left.architecture) < (right.suite.name, right.architecture)
    }
}

/// The machine that asks, as far as a selection may leave it out.
package struct HostPlatform: Sendable, Hashable {
    /// The suite that the host runs; nil where it is none that we could know.
    package let suite: String?
    package let architecture: Architecture

    package init(suite: String?, architecture: Architecture) {
        self.suite = suite
        self.architecture = architecture
    }
}
