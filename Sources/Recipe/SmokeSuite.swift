/// One thing that an installed package must be able to do.
package struct SmokeCheck: Sendable, Hashable {
    package let name: String
    /// What is lost when it fails, in words for the report.
    package let reason: String
    /// The Ruby script's path in the project; it exits 0 when the check passes.
    package let script: String
    /// Whether it runs only for variants that name it under `smoke`.
    package let extra: Bool

    static let form = Form.mapping("a check") { keys in
        SmokeCheck(
            name: keys.required("name", .name),
            reason: keys.required("reason", .line),
            script: keys.required("script", .path),
            extra: keys.optional("extra", .boolean) ?? false)
    }
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
        return SmokeSuite(checks: checks)
    }
}
