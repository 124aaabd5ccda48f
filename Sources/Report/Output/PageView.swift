import Measurement

/// What the templates of the page fill in; every text but the four that are code is escaped there.
struct PageView {
    struct LegendEntry {
        let label: String
        let slot: Int
        let mark: String
        let about: String
    }

    struct Workload {
        let number: Int
        let name: String
        let kept: String
        let summary: FigureTable
        let course: String
        let courseTable: FigureTable
        let collecting: String
        let collections: [FigureTable]
        let advice: [FigureTable]
        /// The settings, ready to be copied; empty or one.
        let settings: [String]
        let spread: String
        let verdicts: [String]
        let weakness: [String]
        let runs: FigureTable
        let failures: [String]
        let notes: [String]
    }

    struct Map {
        let number: Int
        let label: String
        let finding: String
        /// The number of its picture; nil without one.
        let picture: [Int]
        let arenas: [FigureTable]
        let regions: FigureTable
        let slots: [FigureTable]
    }

    let title: String
    let headline: String
    let subtitle: String
    let policy: String
    let style: String
    let library: String
    let scripts: String
    let data: String
    let version: String
    let warnings: [String]
    let arms: [LegendEntry]
    let workloads: [Workload]
    let hasWorkloads: Bool
    let maps: [Map]
    let hasMaps: Bool
    let hasGate: Bool
    let gate: String
    let gatePackages: [FigureTable]
    let gateRows: [FigureTable]
    let machines: [FigureTable]
    let rubies: [FigureTable]
    let baseline: String

    init(
        _ report: Report, policy: String, style: String, library: String, scripts: String,
        data: String, version: String
    ) {
        let findings = Findings(report)
        let tables = Tables(report: report)
        title = report.title
        headline = findings.headline
        self.policy = policy
        self.style = style
        self.library = library
        self.scripts = scripts
        self.data = data
        self.version = version
        warnings = report.warnings
        arms = report.arms.map { arm in
            LegendEntry(
                label: arm.label, slot: arm.slot, mark: Marks.text(arm.slot),
                about: arm.arm.ruby.description.split(separator: " ").prefix(2)
                    .joined(separator: " ") + ", malloc of \(arm.arm.ruby.allocator)")
        }
        baseline = report.arms.isEmpty ? "" : report.arms[report.baseline].label
        workloads = report.workloads.enumerated().map { number, workload in
            Workload(
                number: number, name: workload.name, kept: findings.kept(workload),
                summary: tables.summary(of: workload), course: findings.course(workload),
                courseTable: tables.course(of: workload),
                collecting: findings.collecting(workload),
                collections: [tables.collections(of: workload)].compactMap { $0 },
                advice: [tables.advice(of: workload)].compactMap { $0 },
                settings: [Tables.settingsLine(of: workload)].filter { !$0.isEmpty },
                spread: findings.spread(workload), verdicts: workload.verdicts.map(\.sentence),
                weakness: [workload.verdicts.compactMap(\.weakness).first].compactMap { $0 },
                runs: tables.runs(of: workload),
                failures: workload.failures,
                notes: workload.arms.flatMap { arm in
                    arm.notes.map { "\(report.arms[arm.arm].label): \($0)" }
                })
        }
        hasWorkloads = !report.workloads.isEmpty
        var pictures = 0
        maps = report.maps.enumerated().map { number, map in
            let hasPicture = map.file.heap != nil
            defer { if hasPicture { pictures += 1 } }
            return Map(
                number: number, label: map.label, finding: findings.map(map),
                picture: hasPicture ? [pictures] : [],
                arenas: [tables.arenas(of: map)].compactMap { $0 },
                regions: tables.regions(of: map),
                slots: [tables.slots(of: map)].compactMap { $0 })
        }
        hasMaps = !report.maps.isEmpty
        hasGate = !report.gate.isEmpty
        gate = findings.gate ?? ""
        gatePackages = hasGate ? [GateTables(report.gate).packages] : []
        gateRows = GateTables(report.gate).rows
        machines = tables.machines
        rubies = tables.rubies
        let runs = report.workloads.reduce(0) { sum, workload in
            sum + workload.arms.reduce(0) { $0 + $1.runs.count }
        }
        subtitle = [
            report.sources.first.map { "Measured \($0.recording.startedAt)" },
            runs > 0 ? "\(runs) run\(runs == 1 ? "" : "s")" : nil,
            report.workloads.isEmpty
                ? nil : report.workloads.map(\.name).joined(separator: ", "),
        ].compactMap { $0 }.joined(separator: " · ")
    }
}
