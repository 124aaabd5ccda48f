import Diagnostics

extension CatalogChecks {
    /// Checks the patch folders that the series name.
    ///
    /// - Returns: the patch lists that were found, by their folders.
    func checkPatches() -> [String: PatchSeries] {
        var found: [String: PatchSeries] = [:]
        for recipe in draft.series {
            for (variant, folder) in recipe.value.patches.sorted(by: { $0.key < $1.key }) {
                let place = recipe.location("patches", .key(variant))
                checkVariant(variant, at: place)
                found[folder] = found[folder] ?? series(in: folder, namedAt: place)
            }
            for (key, folder) in [
                ("source-patches", recipe.value.sourcePatches),
                ("allocator-patches", recipe.value.allocatorPatches),
            ] {
                guard let folder else { continue }
                found[folder] =
                    found[folder] ?? series(in: folder, namedAt: recipe.location(.key(key)))
            }
        }
        return found
    }

    private func series(in folder: String, namedAt place: SourceLocation) -> PatchSeries? {
        guard let file = draft.files[PatchSeries.path(in: folder)] else {
            problems.report(
                "there is no file `\(PatchSeries.path(in: folder))`", at: place,
                hint: "list the patches there, one a line")
            return nil
        }
        return read(file)
    }

    private func checkVariant(_ name: String, at place: SourceLocation) {
        let known = draft.names(in: CatalogDraft.variantFolder)
        if !known.contains(name) {
            problems.report(
                "there is no variant `\(name)`", at: place,
                hint: Suggestion.hint(for: name, among: known))
        }
        let variant = draft.variants.first { $0.isSound && $0.value.name == name }?.value
        if let variant, variant.derive != .patch {
            problems.report(
                "variant `\(name)` takes no patches of its own", at: place,
                hint: "set `derive: patch` in its recipe")
        }
    }

    private func read(_ file: ProjectFile) -> PatchSeries {
        let series = PatchSeries(file, problems)
        if series.entries.isEmpty {
            problems.report("the series lists no patch", at: file.start)
        }
        for entry in series.entries {
            guard let patch = draft.files[entry.path] else {
                problems.report("there is no patch `\(entry.path)`", at: entry.place)
                continue
            }
            PatchSeries.checkHeader(of: patch, problems)
            PatchScan.check(patch, problems)
        }
        let strays = draft.files.values.filter {
            $0.folder == file.folder && $0.name.hasSuffix(".patch")
                && !series.paths.contains($0.path)
        }
        for stray in strays {
            problems.report("the patch is not in `\(file.path)`", at: stray.start)
        }
        return series
    }
}
