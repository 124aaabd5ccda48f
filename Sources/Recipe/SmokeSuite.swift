/// One thing that a package must be able to do.
package struct SmokeCheck: Sendable, Hashable {
    /// How a check is made.
    package enum Method: Sendable, Hashable {
        /// A Ruby script, by its path in the project; it exits 0 when the check passes.
        case script(String)
        /// What happens to the package under apt.
        case life(PackageEvent)
    }

    package let name: String
    /// What is lost when it fails, in words for the report.
    package let reason: String
    package let method: Method
    /// Whether it runs only for variants that name it under `smoke`.
    package let extra: Bool
    /// Debian packages that it needs beside the package under test and what that depends on.
    package let tools: [String]
    /// Whether it needs the package's debug symbols installed.
    package let needsDebugSymbols: Bool
    /// Whether it is made of the release's package only: what it proves has nothing to do with
    /// where the tree lies, and it takes long.
    package let isForReleaseOnly: Bool

    static let form = Form.mapping("a check") { keys in
        SmokeCheck(
            name: keys.required("name", .name),
            reason: keys.required("reason", .line),
            method: method(keys),
            extra: keys.optional("extra", .boolean) ?? false,
            tools: keys.optional("tools", .list(of: .name, unique: true)) ?? [],
            needsDebugSymbols: keys.optional("debug-symbols", .boolean) ?? false,
            isForReleaseOnly: keys.optional("release-only", .boolean) ?? false)
    }

    private static func method(_ keys: MappingReader) -> Method {
        let event = keys.optional("life", Form<PackageEvent>.word(.install))
        guard keys.has("life") else { return .script(keys.required("script", .path)) }
        if keys.optional("script", .path) != nil {
            keys.report("a check has either `script` or `life`, not both", at: "script")
        }
        // A mistyped event has been reported; it must not look like a second problem.
        return .life(event ?? .install)
    }
}

/// What happens to a package under apt, and to people's gems with it.
package enum PackageEvent: String, Sendable, Hashable, Codable, CaseIterable {
    case install, neighbour, upgrade, downgrade, reinstall, remove, purge
}

/// The smoke checks, in the order in which they run.
package struct SmokeSuite: Sendable, Hashable {
    package let checks: [SmokeCheck]

    /// What runs for a variant: every common check, and the extra ones that it names.
    package func checks(for variant: Variant) -> [SmokeCheck] {
        checks.filter { !$0.extra || variant.smoke.contains($0.name) }
    }

    static let form = Form.mapping("the smoke checks") { keys in
        let checks = keys.required("checks", .list(of: SmokeCheck.form))
        var seen: Set<String> = []
        for (index, check) in checks.enumerated() where !seen.insert(check.name).inserted {
            keys.report(
                "check `\(check.name)` is listed twice", at: "checks", .index(index), "name")
        }
        if let first = checks.first, first.method != .life(.install) || first.extra {
            keys.report(
                "the first check must be `life: install` for every variant: the others try what"
                    + " it installed", at: "checks", .index(0), "name")
        }
        return SmokeSuite(checks: checks)
    }
}
