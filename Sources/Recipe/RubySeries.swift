/// A series of Ruby: how it is configured, what patches it, and its releases.
package struct RubySeries: Sendable, Hashable {
    package let series: RubySeriesNumber
    /// The day upstream's support ends.
    package let endOfLife: CalendarDate
    /// Arguments of `configure`, each one word of its argv.
    package let configure: [String]
    /// The folder with the patches of every build, applied before anything is configured.
    package let sourcePatches: String?
    /// The folder with the patches of a variant, by the variant's name.
    package let patches: [String: String]
    /// The folder with the patches of every variant that is linked with another allocator.
    package let allocatorPatches: String?
    /// Which of Ruby's own tests are run; nil when none are named.
    package let tests: RubyTests?
    /// In ascending order; never empty.
    package let releases: [RubyRelease]

    /// The release that the series stands for.
    package var newestVerified: RubyRelease? { releases.last(where: \.verified) }

    /// The newest release, verified or not.
    package var newest: RubyRelease { releases[releases.count - 1] }

    package func release(_ version: RubyVersion) -> RubyRelease? {
        releases.first { $0.version == version }
    }

    /// Whether the series can build a variant: it needs no patches, or they are there.
    package func canBuild(_ variant: Variant) -> Bool {
        variant.derive == .none || patchFolder(of: variant) != nil
    }

    /// The folder with what a variant is patched with; nil when there is none.
    package func patchFolder(of variant: Variant) -> String? {
        switch variant.derive {
        case .none: nil
        case .patch: patches[variant.name]
        case .relink: allocatorPatches
        }
    }

    static let form = Form.mapping("a series") { keys in
        let series = keys.required("series", .series)
        let releases = keys.required("releases", .list(of: RubyRelease.form))
        reportMisplaced(releases, in: series, keys)
        return RubySeries(
            series: series,
            endOfLife: keys.required("end-of-life", .date),
            configure: keys.required("configure", .list(of: .line)),
            sourcePatches: keys.optional("source-patches", .path),
            patches: keys.optional("patches", patchFolders) ?? [:],
            allocatorPatches: keys.optional("allocator-patches", .path),
            tests: keys.optional("tests", RubyTests.form),
            releases: releases.sorted { $0.version < $1.version })
    }

    private static let patchFolders = Form<[(key: String, value: String)]>
        .entries(key: .name, of: .path)
        .map { Dictionary($0.map { ($0.key, $0.value) }) { first, _ in first } }

    private static func reportMisplaced(
        _ releases: [RubyRelease], in series: RubySeriesNumber, _ keys: MappingReader
    ) {
        var seen: Set<RubyVersion> = []
        for (index, release) in releases.enumerated() where release.version != .unread {
            if series != .unread, release.version.series != series {
                keys.report(
                    "release \(release.version) does not belong to series \(series)",
                    at: "releases", .index(index), "version")
            }
            if !seen.insert(release.version).inserted {
                keys.report(
                    "release \(release.version) is listed twice",
                    at: "releases", .index(index), "version")
            }
        }
    }
}
