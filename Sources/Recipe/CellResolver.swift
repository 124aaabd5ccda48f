import Diagnostics

extension Catalog {
    /// The cells that selections mean, sorted and each once, whatever the selections' order.
    ///
    /// - Parameters:
    ///   - selections: none means one that leaves everything out.
    ///   - project: what a selection leaves out; `self.project`, unless options change it.
    ///   - host: what the project leaves out.
    ///   - allowsUnverified: whether releases count whose packages never passed every check.
    /// - Returns: the cells by release, variant, suite and architecture.
    /// - Throws: `Failure` of kind `usage` with every word that is unknown or cannot be built.
    package func cells(
        for selections: [Selection], project: Project, host: HostPlatform,
        allowsUnverified: Bool = false
    ) throws -> [Cell] {
        var resolver = CellResolver(
            catalog: self, project: project, host: host, allowsUnverified: allowsUnverified)
        let selections = selections.isEmpty ? [.everythingLeftOut] : selections
        let cells = selections.flatMap { resolver.cells(of: $0) }
        try resolver.throwIfAnyProblem()
        let byName = Dictionary(cells.map { ($0.description, $0) }) { first, _ in first }
        return byName.values.sorted()
    }
}

/// Finds what the words of selections mean, and collects those that mean nothing.
private struct CellResolver {
    let catalog: Catalog
    let project: Project
    let host: HostPlatform
    let allowsUnverified: Bool
    private var problems: [Problem] = []

    private struct Problem: Hashable {
        let message: String
        let hint: String?
    }

    private typealias Ruby = (series: RubySeries, release: RubyRelease)
    private typealias Platform = (suite: Suite, architecture: Architecture)

    init(catalog: Catalog, project: Project, host: HostPlatform, allowsUnverified: Bool) {
        self.catalog = catalog
        self.project = project
        self.host = host
        self.allowsUnverified = allowsUnverified
    }

    mutating func cells(of selection: Selection) -> [Cell] {
        let rubies = rubies(selection.rubies ?? project.series.map(Selection.Part.words) ?? .all)
        let platforms = platforms(selection)
        let part = selection.variants ?? project.variants.map(Selection.Part.words) ?? .all
        let variants = variants(part)
        return rubies.flatMap { ruby in
            buildable(variants, by: ruby.series, part).flatMap { variant in
                platforms.map { platform in
                    Cell(
                        series: ruby.series, release: ruby.release, variant: variant,
                        suite: platform.suite, architecture: platform.architecture,
                        standsForSeries: ruby.release == standing(of: ruby.series))
                }
            }
        }
    }

    func throwIfAnyProblem() throws {
        guard let first = problems.first else { return }
        if problems.count == 1 { throw Failure(.usage, first.message, hint: first.hint) }
        throw Failure(
            .usage, "\(problems.count) parts of the selection cannot be resolved",
            details: problems.map { $0.message + ($0.hint.map { "; \($0)" } ?? "") })
    }

    /// Records a problem once, though several selections may have it.
    private mutating func report(_ message: String, hint: String? = nil) {
        let problem = Problem(message: message, hint: hint)
        if !problems.contains(problem) { problems.append(problem) }
    }
}

extension CellResolver {
    private mutating func rubies(_ part: Selection.Part) -> [Ruby] {
        switch part {
        case .all:
            catalog.series.compactMap { series in
                standing(of: series).map { (series, $0) }
            }
        case .words(let words): words.compactMap { ruby($0) }
        }
    }

    private mutating func ruby(_ word: String) -> Ruby? {
        let version = RubyVersion(word)
        guard let number = version?.series ?? RubySeriesNumber(word),
            let series = catalog.series(number)
        else {
            report(
                "there is no series or release `\(word)`",
                hint: Suggestion.hint(for: word, among: catalog.series.map { "\($0.series)" }))
            return nil
        }
        guard let version else { return newest(of: series) }
        guard let release = series.release(version) else {
            report(
                "there is no release `\(word)` in series \(number)",
                hint: Suggestion.hint(for: word, among: series.releases.map { "\($0.version)" }))
            return nil
        }
        guard release.verified || allowsUnverified else {
            report(
                "release \(word) is not verified: its packages have not passed every check",
                hint: "add --allow-unverified to build it all the same")
            return nil
        }
        return (series, release)
    }

    private mutating func newest(of series: RubySeries) -> Ruby? {
        guard let release = standing(of: series) else {
            report(
                "series \(series.series) has no verified release",
                hint: "add --allow-unverified to build \(series.newest.version) all the same")
            return nil
        }
        return (series, release)
    }

    /// The release that a series stands for: an unverified one only where there is no other.
    private func standing(of series: RubySeries) -> RubyRelease? {
        series.newestVerified ?? (allowsUnverified ? series.newest : nil)
    }

    private mutating func variants(_ part: Selection.Part) -> [Variant] {
        switch part {
        case .all: catalog.variants
        case .words(let words):
            words.compactMap { word in
                found(catalog.variant(word), "variant", word, catalog.variants.map(\.name))
            }
        }
    }

    /// The variants that a series can build; one that was named but cannot be built is a problem.
    private mutating func buildable(
        _ variants: [Variant], by series: RubySeries, _ part: Selection.Part
    ) -> [Variant] {
        if part != .all {
            let known = catalog.variants.filter(series.canBuild).map(\.name)
            for variant in variants where !series.canBuild(variant) {
                report(
                    "variant `\(variant.name)` has no patches in series \(series.series)",
                    hint: "series \(series.series) can build: \(known.joined(separator: ", "))")
            }
        }
        return variants.filter(series.canBuild)
    }

    private mutating func platforms(_ selection: Selection) -> [Platform] {
        let suites = suites(selection.suites ?? project.suites.map(Selection.Part.words))
        let part =
            selection.architectures
            ?? project.architectures.map { .words($0.map(\.rawValue)) }
            ?? .words([host.architecture.rawValue])
        let named = architectures(part)
        return suites.flatMap { suite in
            (named ?? suite.architectures).compactMap { architecture in
                guard suite.architectures.contains(architecture) else {
                    let known = suite.architectures.map(\.rawValue).joined(separator: ", ")
                    report(
                        "suite `\(suite.name)` is not built for \(architecture)",
                        hint: "its architectures: \(known)")
                    return nil
                }
                return (suite, architecture)
            }
        }
    }

    private mutating func suites(_ part: Selection.Part?) -> [Suite] {
        switch part {
        case .all: return catalog.suites
        case .words(let words):
            return words.compactMap { word in
                found(catalog.suite(word), "suite", word, catalog.suites.map(\.name))
            }
        case nil:
            if let suite = host.suite.flatMap(catalog.suite) { return [suite] }
            let known = catalog.suites.map(\.name)
            report(
                host.suite.map { "this host runs `\($0)`, for which there is no suite" }
                    ?? "the suite of this host is not known",
                hint: "name one, as in `3.3:\(known.first ?? "SUITE")`; known: "
                    + known.joined(separator: ", "))
            return []
        }
    }

    /// The architectures named; nil for all that each suite has.
    private mutating func architectures(_ part: Selection.Part) -> [Architecture]? {
        guard case .words(let words) = part else { return nil }
        return words.compactMap { word in
            let known = Architecture.allCases.map(\.rawValue)
            return found(Architecture(rawValue: word), "architecture", word, known)
        }
    }

    private mutating func found<Value>(
        _ value: Value?, _ what: String, _ word: String, _ known: [String]
    ) -> Value? {
        if value == nil {
            report("there is no \(what) `\(word)`", hint: Suggestion.hint(for: word, among: known))
        }
        return value
    }
}
