package import Diagnostics
import Digest
package import Execution
package import HostSystem
import Lock
import Planning
package import Recipe
package import SystemPackage

/// Which actions a person means: those of some cells, or those whose names begin with some words.
package struct ActionQuery: Sendable {
    /// What was meant, for messages.
    package let words: String
    /// The cells, when a selection was given.
    package let cells: [Cell]
    /// The names of every action of the cells; nil when words of a name were given.
    private let names: Set<String>?

    /// Reads the words of a command line.
    ///
    /// - Parameters:
    ///   - words: selections, or the first words of an action's name, such as `derive`.
    ///   - host: the machine that asks.
    ///   - project: finds the project's root; asked for a selection only.
    /// - Throws: `Failure` of kind `usage` for a selection that means nothing.
    package init(_ words: [String], host: Machine, project: () throws -> FilePath) throws {
        self.words = words.joined(separator: " ")
        guard words.allSatisfy(Self.isSelection) else {
            cells = []
            names = nil
            return
        }
        let catalog = try ProjectLoader.catalog(of: project())
        cells = try CellSelection.cells(
            of: words.map(Selection.parse), in: catalog, host: host, allowsUnverified: true)
        names = try Self.names(of: cells, in: catalog)
    }

    /// The records that are meant, in the given order.
    ///
    /// - Parameters:
    ///   - records: what ran in the home.
    ///   - kind: only actions of this kind, when it is given.
    /// - Returns: the records that are meant; none is no error for a selection.
    /// - Throws: `Failure` of kind `usage` for words that no action's name begins with, and for a
    ///   kind that none of them is of.
    package func matches(in records: [ActionRecord], kind: String?) throws -> [ActionRecord] {
        let meant: [ActionRecord]
        if let names {
            meant = records.filter { names.contains($0.action) }
        } else {
            meant = records.filter { $0.action == words || $0.action.hasPrefix("\(words) ") }
            guard !meant.isEmpty else { throw unknownAction(among: records) }
        }
        guard let kind else { return meant }
        let kinds = Set((names ?? Set(meant.map(\.action))).map(Self.kind)).sorted()
        guard kinds.contains(kind) else {
            throw Failure(
                .usage, "there is no action `\(kind)` of `\(words)`",
                hint: Suggestion.hint(for: kind, among: kinds))
        }
        return meant.filter { $0.kind == kind }
    }

    /// A selection begins with a number or `all`; no action's name does.
    private static func isSelection(_ word: String) -> Bool {
        guard let first = word.first, first.isLetter else { return true }
        return word.prefix { $0.isLetter || $0.isNumber } == "all"
    }

    /// Every name of a plan; what the roots are made of does not matter for that.
    private static func names(of cells: [Cell], in catalog: Catalog) throws -> Set<String> {
        let sets = cells.map {
            PackageSet(
                suite: $0.suite.name, architecture: $0.architecture.rawValue,
                request: SHA256Digest(of: ""), members: [])
        }
        let planner = Planner(catalog: catalog, packageSets: sets)
        let plan = try planner.plan(cells, goal: .smokedPackages)
        // Whether or not the series names tests: a check may have run when it did.
        let ids = plan.actions.map(\.id) + cells.map(Planner.checkAction)
        return Set(ids.map(\.description))
    }

    private static func kind(_ name: String) -> String { String(name.prefix { $0 != " " }) }

    private func unknownAction(among records: [ActionRecord]) -> Failure {
        let kinds = Set(records.map(\.kind)).sorted()
        if kinds.isEmpty { return Self.nothingRan }
        let known = Set(records.map(\.action).filter { Self.kind($0) == Self.kind(words) }).sorted()
        return Failure(
            .usage, "no action that ran in this home is called `\(words)`",
            hint: Suggestion.hint(for: words, among: known.isEmpty ? kinds : known))
    }

    /// Nothing can be shown of a home in which nothing ran.
    package static let nothingRan = Failure(
        .failed, "nothing ran in this home yet",
        hint: "run `lapidary build`, or name the home you mean with --home or LAPIDARY_HOME")
}
