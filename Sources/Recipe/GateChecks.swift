import Diagnostics

/// Checks the memory gates against the other recipes.
struct GateChecks {
    let draft: CatalogDraft
    let problems: Problems

    func run(_ recipe: CatalogDraft.Recipe<MemoryGates>) {
        checkTrials(of: recipe)
        let gates = recipe.value
        let trials = gates.trials.map(\.name)
        for (index, row) in gates.rows.enumerated() {
            let references = [
                ("trial", row.trial, trials),
                ("against", row.against ?? MemoryGates.Row.live, trials + [MemoryGates.Row.live]),
            ]
            for (key, name, known) in references where !known.contains(name) {
                problems.report(
                    "there is no trial `\(name)`",
                    at: recipe.location("rows", .index(index), .key(key)),
                    hint: Suggestion.hint(for: name, among: known))
            }
            checkScope(of: row, at: index, in: recipe)
            if gates.rows[..<index].contains(where: { $0.name == row.name && $0.overlaps(row) }) {
                problems.report(
                    "some packages have two rows `\(row.name)`",
                    at: recipe.location("rows", .index(index), "name"))
            }
        }
    }

    private func checkTrials(of recipe: CatalogDraft.Recipe<MemoryGates>) {
        let folder = "Recipes/workloads"
        let used = Set(recipe.value.rows.flatMap { [$0.trial, $0.against ?? $0.trial] })
        var seen: Set<String> = []
        for (index, trial) in recipe.value.trials.enumerated() {
            let place = recipe.location("trials", .index(index), "name")
            if !seen.insert(trial.name).inserted {
                problems.report("trial `\(trial.name)` is listed twice", at: place)
            } else if recipe.isSound, !used.contains(trial.name) {
                problems.report("no row reads trial `\(trial.name)`", at: place)
            }
            if draft.files["\(folder)/\(trial.workload).rb"] == nil {
                problems.report(
                    "there is no workload `\(folder)/\(trial.workload).rb`",
                    at: recipe.location("trials", .index(index), "workload"))
            }
        }
    }

    private func checkScope(
        of row: MemoryGates.Row, at index: Int, in recipe: CatalogDraft.Recipe<MemoryGates>
    ) {
        let variants = draft.names(in: CatalogDraft.variantFolder)
        for (place, name) in (row.variants ?? []).enumerated() where !variants.contains(name) {
            problems.report(
                "there is no variant `\(name)`",
                at: recipe.location("rows", .index(index), "variants", .index(place)),
                hint: Suggestion.hint(for: name, among: variants))
        }
        let series = draft.names(in: CatalogDraft.seriesFolder)
        for (place, number) in (row.series ?? []).enumerated()
        where !series.contains(number.description) {
            problems.report(
                "there is no series `\(number)`",
                at: recipe.location("rows", .index(index), "series", .index(place)),
                hint: Suggestion.hint(for: number.description, among: series))
        }
    }
}
