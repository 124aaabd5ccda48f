/// The memory gate as tables.
struct GateTables {
    private let verdicts: [GateVerdict]

    init(_ verdicts: [GateVerdict]) {
        self.verdicts = verdicts
    }

    /// Every package with what was said of it.
    var packages: FigureTable {
        FigureTable(
            "The memory gate, package by package",
            columns: [
                // What matters first: a phone shows the first columns.
                ("Package", .words), ("Gate", .words), ("In words", .words), ("Version", .words),
                ("Suite", .words),
            ],
            rows: verdicts.map {
                (nil, [$0.package, $0.outcome.rawValue, $0.sentence, $0.version, $0.suite])
            })
    }

    /// The rows of each package of which some were tried.
    var rows: [FigureTable] {
        verdicts.filter { !$0.rows.isEmpty }.map { verdict in
            FigureTable(
                "\(verdict.package) \(verdict.version) (\(verdict.suite))",
                columns: [
                    ("Row", .words), ("Held", .words), ("Found", .numbers), ("Limit", .words),
                    ("From", .words),
                ],
                rows: verdict.rows.map {
                    (nil, [$0.name, $0.isHeld ? "yes" : "missed", $0.found, $0.limit, $0.basis])
                })
        }
    }
}
