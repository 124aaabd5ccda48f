import Store
import SystemPackage
import Terminal
import Workflow

/// What `cache size` says, for people and for programs.
struct CacheSizeResult: Encodable {
    struct Part: Encodable {
        let kind: String
        let count: Int
        /// Bytes on disk.
        let bytes: Int64
    }

    let schema = JSONOutput.schema
    let home: String
    let parts: [Part]
    /// Bytes on disk.
    let bytes: Int64
    /// Bytes on disk of what can be made or fetched again.
    let removable: Int64
    private let names: [CacheSize.Kind]

    private enum CodingKeys: CodingKey { case schema, home, parts, bytes, removable }

    init(_ size: CacheSize, home: Home) {
        self.home = home.path.string
        names = size.parts.map(\.kind)
        parts = size.parts.map {
            Part(kind: $0.kind.rawValue, count: $0.count, bytes: $0.bytes)
        }
        bytes = size.bytes
        removable = size.removable
    }

    func print(on console: Console, asJSON: Bool) throws {
        if asJSON { return console.output(try JSONOutput.text(self)) }
        guard !parts.isEmpty else { return console.message("There is nothing in \(home)") }
        let rows = zip(names, parts).map { name, part in
            [Self.words(name), "\(part.count)", Readable.bytes(part.bytes)]
        }
        let count = parts.reduce(0) { $0 + $1.count }
        let table = Table(
            header: ["WHAT", "COUNT", "SIZE"],
            rows: rows + [["total", "\(count)", Readable.bytes(bytes)]], rightAligned: [1, 2])
        console.output(table.text(style: console.outputStyle))
        console.message(
            "\(Readable.bytes(removable)) of it can be made or fetched again: \(home)")
    }

    private static func words(_ kind: CacheSize.Kind) -> String {
        switch kind {
        case .sources: "sources"
        case .debianPackages: "Debian packages"
        case .results: "results of actions"
        case .projectFiles: "files of projects"
        case .unreferenced: "unreferenced files"
        case .compilers: "what compilers made"
        case .roots: "unpacked roots"
        case .records: "records"
        case .logs: "logs"
        case .failures: "failures"
        case .rebuilt: "differing rebuilds"
        case .downloads: "unfinished downloads"
        case .packages: "packages"
        case .repository: "repository"
        case .keys: "keys"
        case .temporary: "work in progress"
        case .other: "files of others"
        }
    }
}

/// What `cache prune` and `cache clean` say, for people and for programs.
struct CacheRemovalResult: Encodable {
    struct Item: Encodable {
        let kind: String
        let name: String
        /// Bytes on disk.
        let bytes: Int64

        init(_ item: CacheItem) {
            kind = item.kind.rawValue
            name = item.name
            bytes = item.bytes
        }
    }

    let schema = JSONOutput.schema
    let dryRun: Bool
    let removed: [Item]
    /// What stays because a `lapidary shell` is inside of it.
    let inUse: [Item]
    /// Bytes on disk.
    let freed: Int64
    /// Bytes on disk of what can still be made or fetched again.
    let left: Int64
    private let items: [CacheItem]
    private let limit: Int64?
    private let namesResults: Bool

    private enum CodingKeys: CodingKey { case schema, dryRun, removed, inUse, freed, left }

    /// - Parameters:
    ///   - removal: what went.
    ///   - isDryRun: whether it only would.
    ///   - limit: bytes that were to stay at most.
    ///   - namesResults: whether people are told each result that would go.
    init(
        _ removal: CacheRemoval, isDryRun: Bool, limit: Int64? = nil, namesResults: Bool = false
    ) {
        dryRun = isDryRun
        removed = removal.items.map(Item.init)
        inUse = removal.inUse.map(Item.init)
        freed = removal.freed
        left = removal.left
        items = removal.items
        self.limit = limit
        self.namesResults = namesResults
    }

    func print(on console: Console, asJSON: Bool) throws {
        if asJSON { return console.output(try JSONOutput.text(self)) }
        let rows = CacheItem.Kind.allCases.compactMap { kind -> [String]? in
            let these = items.filter { $0.kind == kind }
            guard !these.isEmpty else { return nil }
            let bytes = these.reduce(0) { $0 + $1.bytes }
            return [
                Self.words(kind), "\(these.reduce(0) { $0 + $1.count })", Readable.bytes(bytes),
            ]
        }
        if !rows.isEmpty {
            let table = Table(
                header: [dryRun ? "WOULD GO" : "GONE", "COUNT", "SIZE"], rows: rows,
                rightAligned: [1, 2])
            console.output(table.text(style: console.outputStyle))
        }
        if dryRun, namesResults {
            for item in items where item.kind == .result {
                console.output("\(item.name)  \(Readable.bytes(item.bytes))")
            }
        }
        for item in inUse {
            console.message("note: \(item.name) stays, as a `lapidary shell` is inside")
        }
        console.message(
            "\(dryRun ? "Would free" : "Freed") \(Readable.bytes(freed)); \(Readable.bytes(left))"
                + " \(dryRun ? "would be" : "are") left that can be made or fetched again")
        if let limit, left > limit {
            console.message(
                "note: that is more than \(Readable.bytes(limit)); the rest is what the lock and"
                    + " package sets name, logs, and what is kept of failures")
        }
    }

    private static func words(_ kind: CacheItem.Kind) -> String {
        switch kind {
        case .result: "results"
        case .file: "stored files"
        case .root: "unpacked roots"
        case .compilers: "what compilers made"
        case .log: "logs"
        case .failure: "failures"
        case .download: "unfinished downloads"
        case .record: "records"
        case .other: "differing rebuilds"
        }
    }
}
