package import Diagnostics

/// Everything that the recipes say, checked: what can be built, from what, and how.
package struct Catalog: Sendable {
    /// In ascending order.
    package let series: [RubySeries]
    /// The ones that nothing is derived from first, then by name.
    package let variants: [Variant]
    /// By name.
    package let suites: [Suite]
    package let smoke: SmokeSuite
    /// What `Recipes/gates.yaml` says; nil where there is none.
    package let gates: MemoryGates?
    /// What `lapidary.yaml` says; defaults where there is none.
    package let project: Project
    private let files: [String: ProjectFile]
    private let patchSeries: [String: PatchSeries]

    /// Reads the recipes of a project.
    ///
    /// - Parameter files: the files of `Recipes/` and `Patches/`, and `lapidary.yaml` if it is
    ///   there; others do no harm. Their order does not matter.
    /// - Returns: the catalog, in which everything that one recipe says of another holds.
    /// - Throws: `Failure.malformed` with every problem of every file.
    package static func load(files: [ProjectFile]) throws -> Catalog {
        let (catalog, diagnostics) = read(files)
        guard let catalog, diagnostics.isEmpty else { throw Failure.malformed(diagnostics) }
        return catalog
    }

    /// Every problem of the recipes, in the order of files and lines; empty when there is none.
    package static func lint(files: [ProjectFile]) -> [Diagnostic] { read(files).diagnostics }

    private static func read(
        _ files: [ProjectFile]
    ) -> (catalog: Catalog?, diagnostics: [Diagnostic]) {
        let problems = Problems()
        let draft = CatalogDraft(files, problems)
        let followUps = Problems()
        let patches = CatalogChecks(draft: draft, problems: followUps).run()
        problems.add(followUps: followUps)
        return (Catalog(draft, patches), problems.sorted)
    }

    private init?(_ draft: CatalogDraft, _ patches: [String: PatchSeries]) {
        guard let smoke = draft.smoke?.value else { return nil }
        series = draft.series.map(\.value).sorted { $0.series < $1.series }
        variants = draft.variants.map(\.value).sorted(by: Variant.precedes)
        suites = draft.suites.map(\.value).sorted { $0.name < $1.name }
        self.smoke = smoke
        gates = draft.gates?.value
        project = draft.project?.value ?? .default
        files = draft.files
        patchSeries = patches
    }

    /// A file that the catalog was read from, by its path; nil when there was none.
    package func file(_ path: String) -> ProjectFile? { files[path] }

    /// The files that the catalog was read from below a folder, sorted by path.
    package func files(under folder: String) -> [ProjectFile] {
        files.values.filter { $0.path.hasPrefix("\(folder)/") }.sorted { $0.path < $1.path }
    }

    /// The patches that make a variant of a series, in the order of application; empty when the
    /// variant needs none.
    package func patches(series: RubySeries, variant: Variant) -> [ProjectFile] {
        patches(in: series.patchFolder(of: variant))
    }

    /// The patches of every build of a series, which come before those of a variant.
    package func sourcePatches(series: RubySeries) -> [ProjectFile] {
        patches(in: series.sourcePatches)
    }

    private func patches(in folder: String?) -> [ProjectFile] {
        guard let folder else { return [] }
        return patchSeries[folder]?.paths.compactMap { files[$0] } ?? []
    }

    package func series(_ number: RubySeriesNumber) -> RubySeries? {
        series.first { $0.series == number }
    }

    package func variant(_ name: String) -> Variant? { variants.first { $0.name == name } }

    package func suite(_ name: String) -> Suite? { suites.first { $0.name == name } }
}
