import Digest
import Lock
import Recipe
import Terminal
import Workflow

/// What `pin update` says in the end, for people and for programs.
struct PinResult: Encodable {
    /// One thing that moved.
    struct Move: Encodable {
        /// `release`, `source`, `patches`, `recipe`, `keyring` or `package`.
        let kind: String
        let name: String
        /// Absent for a new one.
        let before: String?
        /// Absent for one that is gone.
        let after: String?

        init(_ move: LockMove) {
            kind = move.kind.rawValue
            name = move.name
            before = move.before
            after = move.after
        }
    }

    /// A release that upstream has and no recipe.
    struct Release: Encodable {
        let release: String
        /// Lines to add to the recipe of its series.
        let recipe: String
    }

    let schema = JSONOutput.schema
    /// Digest of the lock's text.
    let lock: String
    let moves: [Move]
    let appeared: [Release]
    /// Releases that upstream lists no more.
    let withdrawn: [String]
    private let isFirst: Bool
    private let releases: Int
    private let packages: Int

    private enum CodingKeys: CodingKey { case schema, lock, moves, appeared, withdrawn }

    init(_ report: PinReport) {
        lock = report.lock.digest.hex
        moves = report.moves.map(Move.init)
        appeared = report.appeared.map { Release(release: "\($0.version)", recipe: $0.recipe) }
        withdrawn = report.withdrawn.map(\.description)
        isFirst = report.isFirst
        releases = report.lock.releases.count
        packages = report.lock.packages.count
    }

    func print(on console: Console, asJSON: Bool) throws {
        if asJSON { return console.output(try JSONOutput.text(self)) }
        // Of a new lock, nobody reads some hundred packages that are all new.
        Self.print(isFirst ? moves.filter { $0.kind != "package" } : moves, on: console)
        for release in withdrawn {
            console.message("warning: upstream does not list Ruby \(release) any more")
        }
        for release in appeared {
            console.output("\nRuby \(release.release) is out; the lines for its recipe:\n")
            console.output(release.recipe)
        }
        console.message(
            "\(ProjectLock.path) pins \(releases) release\(releases == 1 ? "" : "s") and"
                + " \(packages) Debian packages")
    }

    static func print(_ moves: [Move], on console: Console) {
        guard !moves.isEmpty else { return console.message("nothing moved") }
        let table = Table(
            header: ["WHAT", "NAME", "BEFORE", "AFTER"],
            rows: moves.map { [$0.kind, $0.name, $0.before ?? "-", $0.after ?? "-"] })
        console.output(table.text(style: console.outputStyle))
    }
}
