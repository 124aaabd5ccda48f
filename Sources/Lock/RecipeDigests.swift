import Digest
import Recipe

/// Digests of what recipes say, as far as it shapes packages: comments, order of keys, and what
/// only checks use do not count.
enum RecipeDigests {
    /// What a series says of one of its releases, apart from the sources themselves: another
    /// mirror of the same bytes changes no package.
    static func release(_ release: RubyRelease, of series: RubySeries) -> SHA256Digest {
        var settings = Settings()
        settings.add("configure", series.configure)
        settings.add("date", ["\(release.date)"])
        settings.add("build-from", [release.source.origin.rawValue])
        // What the patches are stands beside it; that there are some now, or none any more, changes
        // every package.
        if let folder = series.sourcePatches { settings.add("source-patches", [folder]) }
        return settings.digest
    }

    static func variant(_ variant: Variant) -> SHA256Digest {
        var settings = Settings()
        settings.add("summary", [variant.summary])
        settings.add("description", [variant.description])
        settings.add("derive", [variant.derive.rawValue])
        if let allocator = variant.allocator {
            settings.add("allocator", [allocator.library] + allocator.buildPackages)
        }
        settings.add("malloc-trim", ["\(variant.mallocTrim)"])
        settings.add("depends", variant.depends)
        return settings.digest
    }

    /// What a suite says of packages; what its roots are made of is the platform's.
    static func suite(_ suite: Suite) -> SHA256Digest {
        var settings = Settings()
        settings.add("version-suffix", [suite.versionSuffix])
        settings.add("cflags", suite.flags.cflags)
        settings.add("cppflags", suite.flags.cppflags)
        settings.add("ldflags", suite.flags.ldflags)
        settings.add("configure", suite.configure)
        return settings.digest
    }

    /// What a suite asks for in its roots.
    static func platform(_ suite: Suite, _ architecture: Architecture) -> SHA256Digest {
        var settings = Settings()
        settings.add("architecture", [architecture.rawValue])
        settings.add("archives", suite.archives.map { "\($0.suite) \($0.security)" })
        settings.add("components", suite.components)
        settings.add("keyring", [suite.keyring])
        settings.add("build-packages", suite.buildPackages.map(\.name))
        settings.add("runtime-packages", suite.runtimePackages.map(\.name))
        return settings.digest
    }

    static func addition(_ packages: [String]) -> SHA256Digest {
        var settings = Settings()
        settings.add("packages", packages)
        return settings.digest
    }

    static func project(_ project: Project) -> SHA256Digest {
        var settings = Settings()
        settings.add("vendor", [project.vendor])
        settings.add("maintainer", [project.maintainer])
        settings.add("homepage", project.homepage.map { [$0] } ?? [])
        return settings.digest
    }

    /// Patches in their order; where they lie does not matter.
    static func patches(_ files: [ProjectFile]) -> SHA256Digest {
        var settings = Settings()
        for file in files { settings.add(file.name, [SHA256Digest(of: file.bytes).hex]) }
        return settings.digest
    }
}

/// Text of which no two lists of settings have the same.
private struct Settings {
    private var text = ""

    mutating func add(_ name: String, _ values: [String]) {
        text += "\(name) \(values.count)\n"
        for value in values { text += "\(value.utf8.count) \(value)\n" }
    }

    var digest: SHA256Digest { SHA256Digest(of: text) }
}
