package import Recipe

/// What a lock is about: releases, variants, and suites with an architecture.
package struct LockScope: Sendable {
    /// A release with its series.
    package struct Ruby: Sendable, Hashable {
        package let series: RubySeries
        package let release: RubyRelease
    }

    /// A suite on an architecture.
    package struct Platform: Sendable, Hashable {
        package let suite: Suite
        package let architecture: Architecture

        package init(suite: Suite, architecture: Architecture) {
            self.suite = suite
            self.architecture = architecture
        }

        /// `bookworm/amd64`.
        package var name: String { "\(suite.name)/\(architecture)" }
    }

    package private(set) var rubies: [Ruby] = []
    package private(set) var variants: [Variant] = []
    package private(set) var platforms: [Platform] = []

    /// What cells need.
    package init(_ cells: [Cell]) {
        for cell in cells {
            Self.add(Ruby(series: cell.series, release: cell.release), to: &rubies)
            Self.add(cell.variant, to: &variants)
            Self.add(Platform(suite: cell.suite, architecture: cell.architecture), to: &platforms)
        }
    }

    /// What a lock has, as far as the recipes still have it.
    package init(of lock: ProjectLock, in catalog: Catalog) {
        rubies = lock.releases.compactMap { locked in
            guard let series = catalog.series(locked.version.series),
                let release = series.release(locked.version)
            else { return nil }
            return Ruby(series: series, release: release)
        }
        variants = lock.variants.compactMap(catalog.variant)
        platforms = lock.platforms.compactMap { locked in
            guard let suite = catalog.suite(locked.set.suite),
                let architecture = Architecture(rawValue: locked.set.architecture),
                suite.architectures.contains(architecture)
            else { return nil }
            return Platform(suite: suite, architecture: architecture)
        }
    }

    /// Everything that this or another scope has.
    package func union(_ other: LockScope) -> LockScope {
        var all = self
        for ruby in other.rubies { Self.add(ruby, to: &all.rubies) }
        for variant in other.variants { Self.add(variant, to: &all.variants) }
        for platform in other.platforms { Self.add(platform, to: &all.platforms) }
        return all
    }

    private static func add<Value: Equatable>(_ value: Value, to list: inout [Value]) {
        if !list.contains(value) { list.append(value) }
    }
}
