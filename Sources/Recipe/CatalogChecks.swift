import Diagnostics

/// Checks the recipe files against each other; a problem stands at the key that causes it.
struct CatalogChecks {
    let draft: CatalogDraft
    let problems: Problems

    /// Runs every check.
    ///
    /// - Returns: the patch lists that were found, by their folders.
    func run() -> [String: PatchSeries] {
        checkFolders()
        for recipe in draft.series {
            checkName("\(recipe.value.series)", of: recipe, at: recipe.location("series"))
        }
        for recipe in draft.variants {
            checkName(recipe.value.name, of: recipe, at: recipe.location("name"))
            check(recipe)
        }
        for recipe in draft.suites {
            checkName(recipe.value.name, of: recipe, at: recipe.location("name"))
        }
        if let smoke = draft.smoke { check(smoke) }
        if let gates = draft.gates { GateChecks(draft: draft, problems: problems).run(gates) }
        if let project = draft.project { check(project) }
        checkTests()
        return checkPatches()
    }

    private func checkFolders() {
        let folders = [
            CatalogDraft.seriesFolder, CatalogDraft.variantFolder, CatalogDraft.suiteFolder,
        ]
        for folder in folders where draft.names(in: folder).isEmpty {
            problems.report(
                "there is no recipe in `\(folder)`",
                at: SourceLocation(file: folder, line: 1, column: 1))
        }
        if draft.files[CatalogDraft.smokePath] == nil {
            problems.report(
                "there is no file `\(CatalogDraft.smokePath)`",
                at: SourceLocation(file: CatalogDraft.smokePath, line: 1, column: 1))
        }
        for file in draft.files.values where file.name.hasSuffix(".yml") {
            guard folders.contains(file.folder) || file.folder.isEmpty || file.folder == "Recipes"
            else { continue }
            problems.report(
                "nothing reads this file", at: file.start,
                hint: "name it `\(file.name.dropLast(4)).yaml`")
        }
    }

    private func checkName<Value>(
        _ name: String, of recipe: CatalogDraft.Recipe<Value>, at place: SourceLocation
    ) {
        guard name != recipe.file.stem else { return }
        problems.report(
            "the recipe calls itself `\(name)`, its file `\(recipe.file.stem)`", at: place,
            hint: "name the file `\(recipe.file.folder)/\(name).yaml`")
    }

    private func check(_ recipe: CatalogDraft.Recipe<Variant>) {
        let variant = recipe.value
        if variant.derive == .patch, draft.hasAllSeries,
            !draft.series.contains(where: { $0.value.patches[variant.name] != nil })
        {
            problems.report(
                "variant `\(variant.name)` is derived by a patch, but no series has patches for it",
                at: recipe.location("derive"),
                hint: "add `\(variant.name)` under `patches` of a series")
        }
        if variant.derive == .relink, draft.hasAllSeries,
            draft.series.allSatisfy({ $0.value.allocatorPatches == nil })
        {
            problems.report(
                "variant `\(variant.name)` is linked again, but no series has patches for that",
                at: recipe.location("derive"),
                hint: "add `allocator-patches` to a series")
        }
        guard let smoke = draft.smoke, smoke.isSound else { return }
        let checks = smoke.value.checks
        let extra = checks.filter(\.extra).map(\.name)
        for (index, name) in variant.smoke.enumerated() where !extra.contains(name) {
            let place = recipe.location("smoke", .index(index))
            if checks.contains(where: { $0.name == name }) {
                problems.report("smoke check `\(name)` runs for every variant anyhow", at: place)
            } else {
                problems.report(
                    "there is no smoke check `\(name)`", at: place,
                    hint: Suggestion.hint(for: name, among: extra))
            }
        }
    }

    private func check(_ recipe: CatalogDraft.Recipe<SmokeSuite>) {
        for (index, check) in recipe.value.checks.enumerated() {
            if case .script(let script) = check.method, draft.files[script] == nil {
                problems.report(
                    "there is no script `\(script)`",
                    at: recipe.location("checks", .index(index), "script"))
            }
            checkTools(of: check, at: recipe.location("checks", .index(index), "tools"))
            let isNamed = draft.variants.contains { $0.value.smoke.contains(check.name) }
            if check.extra, draft.hasAllVariants, !isNamed {
                problems.report(
                    "no variant names the extra check `\(check.name)`",
                    at: recipe.location("checks", .index(index), "name"))
            }
        }
    }

    /// A tool that a suite does not have would only be missed when packages are tried.
    private func checkTools(of check: SmokeCheck, at place: SourceLocation) {
        for suite in draft.suites where suite.isSound {
            let known = (suite.value.buildPackages + suite.value.smokePackages).map(\.name)
            for tool in check.tools where !known.contains(tool) {
                problems.report(
                    "suite `\(suite.value.name)` has no package `\(tool)` for smoke checks",
                    at: place, hint: "add it under `smoke-packages` of the suite")
            }
        }
    }

    private func check(_ recipe: CatalogDraft.Recipe<Project>) {
        let known = [
            ("variants", "variant", recipe.value.variants, CatalogDraft.variantFolder),
            ("suites", "suite", recipe.value.suites, CatalogDraft.suiteFolder),
        ]
        for (key, what, names, folder) in known {
            let candidates = draft.names(in: folder)
            for (index, name) in (names ?? []).enumerated() where !candidates.contains(name) {
                problems.report(
                    "there is no \(what) `\(name)`",
                    at: recipe.location(.key(key), .index(index)),
                    hint: Suggestion.hint(for: name, among: candidates))
            }
        }
        checkSeries(of: recipe)
    }

    private func checkSeries(of recipe: CatalogDraft.Recipe<Project>) {
        let series = draft.names(in: CatalogDraft.seriesFolder)
            .sorted { RubySeriesNumber($0) ?? .unread < RubySeriesNumber($1) ?? .unread }
        let releases = draft.series.flatMap(\.value.releases).map(\.version).sorted()
        let known = series + releases.map(\.description)
        for (index, name) in (recipe.value.series ?? []).enumerated() where !known.contains(name) {
            // A release of a series that could not be read may well exist.
            if RubyVersion(name) != nil, !draft.hasAllSeries { continue }
            problems.report(
                "there is no series or release `\(name)`",
                at: recipe.location("series", .index(index)),
                hint: Suggestion.hint(for: name, among: known))
        }
    }
}
