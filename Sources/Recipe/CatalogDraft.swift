import Diagnostics

/// The recipe files as read one by one, before they are checked against each other.
struct CatalogDraft {
    /// A recipe with what its checks need: its file, and the places of its keys.
    struct Recipe<Value> {
        let file: ProjectFile
        let root: YAMLNode
        let value: Value
        /// Whether the file had no problem of its own; otherwise stand-ins are in the value.
        let isSound: Bool

        func location(_ path: YAMLNode.Step...) -> SourceLocation { root.location(of: path) }
    }

    static let seriesFolder = "Recipes/ruby"
    static let variantFolder = "Recipes/variants"
    static let suiteFolder = "Recipes/suites"
    static let smokePath = "Recipes/smoke.yaml"
    static let gatesPath = "Recipes/gates.yaml"

    let files: [String: ProjectFile]
    let series: [Recipe<RubySeries>]
    let variants: [Recipe<Variant>]
    let suites: [Recipe<Suite>]
    let smoke: Recipe<SmokeSuite>?
    let gates: Recipe<MemoryGates>?
    let project: Recipe<Project>?

    init(_ files: [ProjectFile], _ problems: Problems) {
        let byPath = Dictionary(files.map { ($0.path, $0) }) { first, _ in first }
        let sorted = byPath.values.sorted { $0.path < $1.path }
        func read<Value>(_ file: ProjectFile, _ form: Form<Value>) -> Recipe<Value>? {
            let before = problems.all.count
            guard let root = YAMLParser.parse(file, problems),
                let value = form.read(root, "the file", problems)
            else { return nil }
            return Recipe(
                file: file, root: root, value: value, isSound: problems.all.count == before)
        }
        func readAll<Value>(_ folder: String, _ form: Form<Value>) -> [Recipe<Value>] {
            sorted.filter { $0.folder == folder && $0.name.hasSuffix(".yaml") }
                .compactMap { read($0, form) }
        }
        self.files = byPath
        series = readAll(Self.seriesFolder, RubySeries.form)
        variants = readAll(Self.variantFolder, Variant.form)
        suites = readAll(Self.suiteFolder, Suite.form)
        smoke = byPath[Self.smokePath].flatMap { read($0, SmokeSuite.form) }
        gates = byPath[Self.gatesPath].flatMap { read($0, MemoryGates.form) }
        project = byPath[Project.path].flatMap { read($0, Project.form) }
    }

    /// Whether every series could be read, so that what none says is not said.
    var hasAllSeries: Bool {
        series.count == names(in: Self.seriesFolder).count && series.allSatisfy(\.isSound)
    }

    /// Whether every variant could be read.
    var hasAllVariants: Bool {
        variants.count == names(in: Self.variantFolder).count && variants.allSatisfy(\.isSound)
    }

    /// The names that a folder's files stand for, whether or not the files could be read.
    ///
    /// One broken variant must not make every mention of it a second problem.
    func names(in folder: String) -> [String] {
        files.values.filter { $0.folder == folder && $0.name.hasSuffix(".yaml") }
            .map(\.stem).sorted()
    }
}
