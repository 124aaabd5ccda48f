/// One release of Ruby and where its source comes from.
package struct RubyRelease: Sendable, Hashable {
    package let version: RubyVersion
    /// The day upstream released it.
    package let date: CalendarDate
    /// Our packaging revision, from 1: the recipe's, unless the lock has raised it.
    package private(set) var revision: Int
    /// Whether its packages have passed every check; an unverified release is built only by name.
    package let verified: Bool
    /// The archive that it is built from: the recipe's choice, unless the lock has another.
    package private(set) var source: RubySource
    package let upstream: UpstreamSource?
    package let debian: DebianSource?

    /// What `SOURCE_DATE_EPOCH` is while it is built: seconds to the release day's midnight, UTC.
    package var sourceDateEpoch: Int64 { date.secondsSinceEpoch }

    /// Every source that the recipe lists; each alone would do.
    package var sources: [RubySource] {
        [upstream.map(RubySource.upstream), debian.map(RubySource.debian)].compactMap { $0 }
    }

    /// The same release with what a lock says of it.
    package func pinned(revision: Int, source: RubySource) -> RubyRelease {
        var release = self
        release.revision = revision
        release.source = source
        return release
    }

    private struct Sources {
        let upstream: UpstreamSource?
        let debian: DebianSource?

        static let form = Form.mapping("sources") { keys in
            Sources(
                upstream: keys.optional("upstream", UpstreamSource.form),
                debian: keys.optional("debian", DebianSource.form))
        }
    }

    static let form = Form.mapping("a release") { keys in
        let origin = keys.required("build-from", .word(RubySource.Origin.debian))
        let sources = keys.required("sources", Sources.form)
        return RubyRelease(
            version: keys.required("version", .version),
            date: keys.required("date", .date),
            revision: keys.required("revision", .count),
            verified: keys.required("verified", .boolean),
            source: chosen(origin, of: sources, keys),
            upstream: sources.upstream,
            debian: sources.debian)
    }

    private static func chosen(
        _ origin: RubySource.Origin, of sources: Sources, _ keys: MappingReader
    ) -> RubySource {
        switch origin {
        case .upstream:
            if let source = sources.upstream { return .upstream(source) }
        case .debian:
            if let source = sources.debian { return .debian(source) }
        }
        keys.report(
            "`build-from` is `\(origin.rawValue)`, which is not among the sources",
            at: "build-from", hint: "add `\(origin.rawValue)` under `sources`")
        return .debian(DebianSource.form.placeholder())
    }
}
