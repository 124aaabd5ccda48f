import Measurement
import Statistics

/// The figures of a report as tables.
struct Tables {
    let report: Report

    private func base(of workload: WorkloadFigures) -> ArmFigures? {
        workload.figures(of: report.baseline)
    }

    private func spread(_ spread: Spread?) -> String {
        spread.map { Megabytes.plain($0.median) } ?? "–"
    }

    /// What each arm keeps, and what it costs.
    func summary(of workload: WorkloadFigures) -> FigureTable {
        let base = base(of: workload)
        let baseline = report.arms[report.baseline].label
        return FigureTable(
            "\(workload.name): medians in MB",
            columns: [
                ("Variant", .words), ("Settled", .numbers), ("Against \(baseline)", .numbers),
                ("Verdict", .words), ("Peak", .numbers), ("Mean RSS", .numbers),
                ("Time", .numbers), ("Runs", .numbers),
            ],
            rows: workload.arms.map { arm in
                let isBase = arm.arm == base?.arm
                let time = base.map { arm.wallSeconds.median / $0.wallSeconds.median }
                return (
                    report.arms[arm.arm],
                    [
                        report.arms[arm.arm].label, Megabytes.plain(arm.settled.median),
                        isBase
                            ? "–"
                            : base.map {
                                Percent.change(from: $0.settled.median, to: arm.settled.median)
                            } ?? "–",
                        workload.verdict(on: arm.arm)?.brief ?? "–", spread(arm.peak),
                        spread(arm.mean),
                        time.map { "×" + Self.ratio($0) } ?? "–", "\(arm.runs.count)",
                    ]
                )
            })
    }

    private static func ratio(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        return "\(hundredths / 100)." + (hundredths % 100 < 10 ? "0" : "") + "\(hundredths % 100)"
    }

    /// The course of the middle run of each arm, at a few moments.
    func course(of workload: WorkloadFigures) -> FigureTable {
        let shares = [0.0, 0.25, 0.5, 0.75, 1.0]
        return FigureTable(
            "\(workload.name): resident MB in the middle run of each variant",
            columns: [("Variant", .words)]
                + shares.map { ("\(Int($0 * 100)) % of the run", .numbers) }
                + [("Seconds", .numbers)],
            rows: workload.arms.map { arm in
                let middle = arm.middleRun
                let samples = report.sources[middle.recording].recording.runs[middle.run].samples
                let begin = samples.first?.t ?? 0
                let length = (samples.last?.t ?? 0) - begin
                let texts = shares.map { share in
                    let sample = samples.last { $0.t <= begin + length * share } ?? samples.first
                    return sample.map { Megabytes.plain(Double($0.rss)) } ?? "–"
                }
                return (
                    report.arms[arm.arm],
                    [report.arms[arm.arm].label] + texts + [Decimal1.text(length / 1000)]
                )
            })
    }

    func collections(of workload: WorkloadFigures) -> FigureTable? {
        let hasTrims = workload.arms.contains { ($0.collector?.trims ?? 0) > 0 }
        func whole(_ number: Double?) -> String { number.map(Whole.text) ?? "–" }
        let rows = workload.arms.compactMap { arm -> (ReportArm?, [String])? in
            guard let gc = arm.collector else { return nil }
            let live = gc.liveSlots.flatMap { live in gc.slots.map { live / max(1, $0) } }
            let trims =
                hasTrims
                ? [
                    whole(gc.trims),
                    gc.trimSeconds.map { Whole.text($0 * 1000) } ?? "–",
                    gc.trimBytes.map(Megabytes.plain) ?? "–",
                ] : []
            return (
                report.arms[arm.arm],
                [
                    report.arms[arm.arm].label, whole(gc.minor), whole(gc.major),
                    gc.timeShare.map(Percent.text) ?? "–", whole(gc.pages), whole(gc.slots),
                    live.map(Percent.text) ?? "–",
                ] + trims
            )
        }
        guard !rows.isEmpty else { return nil }
        let trims: [(String, FigureTable.Kind)] =
            hasTrims
            ? [("Trims", .numbers), ("Trimming, ms", .numbers), ("Trimmed, MB", .numbers)] : []
        return FigureTable(
            "\(workload.name): Ruby's collector, medians",
            columns: [
                ("Variant", .words), ("Minor", .numbers), ("Major", .numbers),
                ("Time share", .numbers), ("Pages", .numbers), ("Slots", .numbers),
                ("Live", .numbers),
            ] + trims, rows: rows)
    }

    /// Settings by variable; arms of one Ruby keep the same objects, so the largest number counts.
    func advice(of workload: WorkloadFigures) -> FigureTable? {
        let arms = workload.arms.filter { !$0.advice.isEmpty }
        let settings = Self.settings(of: workload)
        guard !settings.isEmpty else { return nil }
        return FigureTable(
            "\(workload.name): slots that the program came to use",
            columns: [("Setting", .words), ("Slot size", .numbers)]
                + arms.map { (report.arms[$0.arm].label, .numbers) },
            rows: settings.map { setting in
                let slots = arms.map { arm in
                    arm.advice.first { $0.variable == setting.variable }
                        .map { Whole.text($0.slots) } ?? "–"
                }
                return (
                    nil,
                    [
                        setting.value.map { "\(setting.variable)=\($0)" }
                            ?? "\(setting.variable): the default is enough",
                        setting.slotSize.map { "\($0) B" } ?? "all",
                    ] + slots
                )
            })
    }

    /// The settings as they are written before a command; empty where all defaults are enough.
    static func settingsLine(of workload: WorkloadFigures) -> String {
        settings(of: workload).compactMap { setting in
            setting.value.map { "\(setting.variable)=\($0)" }
        }.joined(separator: " ")
    }

    private static func settings(of workload: WorkloadFigures) -> [SlotAdvice] {
        var settings: [SlotAdvice] = []
        for advice in workload.arms.flatMap(\.advice) {
            if let index = settings.firstIndex(where: { $0.variable == advice.variable }) {
                if advice.slots > settings[index].slots { settings[index] = advice }
            } else {
                settings.append(advice)
            }
        }
        return settings.sorted { $0.variable < $1.variable }
    }

    func runs(of workload: WorkloadFigures) -> FigureTable {
        let runs = workload.arms.flatMap { arm in arm.runs.map { (arm.arm, $0) } }
            .sorted { $0.1.position < $1.1.position }
        return FigureTable(
            "\(workload.name): every run in its order, MB and seconds",
            columns: [
                ("Variant", .words), ("Turn", .numbers), ("Settled", .numbers),
                ("At end of work", .numbers), ("Peak", .numbers), ("Mean RSS", .numbers),
                ("Time", .numbers), ("CPU", .numbers),
            ],
            rows: runs.map { arm, run in
                func megabytes(_ bytes: Double?) -> String { bytes.map(Megabytes.plain) ?? "–" }
                return (
                    report.arms[arm],
                    [
                        report.arms[arm].label, "\(run.position + 1)",
                        Megabytes.plain(run.settled), megabytes(run.atEnd), megabytes(run.peak),
                        megabytes(run.mean), Decimal1.text(run.wallSeconds),
                        run.cpuSeconds.map(Decimal1.text) ?? "–",
                    ]
                )
            })
    }

    func arenas(of map: ReportInput.Map) -> FigureTable? {
        guard let heap = map.file.heap else { return nil }
        func text(_ bytes: Int64) -> String { Megabytes.plain(Double(bytes)) }
        let rows = heap.arenas.map { arena -> (ReportArm?, [String]) in
            (
                nil,
                [
                    arena.number == 0 ? "main" : "\(arena.number)", text(arena.system),
                    text(arena.inUse.bytes),
                    text(arena.free.bytes + arena.tcache.bytes + arena.fastbins.bytes),
                    text(arena.top), text(arena.resident), text(arena.trimmable),
                ]
            )
        }
        return FigureTable(
            "\(map.label): arenas in MB",
            columns: [
                ("Arena", .words), ("System", .numbers), ("In use", .numbers), ("Free", .numbers),
                ("Top", .numbers), ("Resident", .numbers), ("Trimmable", .numbers),
            ], rows: rows)
    }

    func regions(of map: ReportInput.Map) -> FigureTable {
        FigureTable(
            "\(map.label): what the memory of the process is for, MB",
            columns: [
                ("Region", .words), ("Mappings", .numbers), ("Size", .numbers),
                ("Resident", .numbers),
            ],
            rows: map.file.regions.map { region in
                (
                    nil,
                    [
                        region.kind, "\(region.mappings)", Megabytes.plain(Double(region.size)),
                        Megabytes.plain(Double(region.resident)),
                    ]
                )
            })
    }

    func slots(of map: ReportInput.Map) -> FigureTable? {
        guard let ruby = map.file.ruby, !ruby.isEmpty else { return nil }
        return FigureTable(
            "\(map.label): Ruby's own pages",
            columns: [
                ("Slot size", .words), ("Pages", .numbers), ("Empty", .numbers),
                ("Sparse", .numbers), ("Slots", .numbers), ("Free at sweep", .numbers),
                ("Resident, MB", .numbers),
            ],
            rows: ruby.map { size in
                (
                    nil,
                    [
                        "\(size.slot) B", Whole.text(Double(size.pages)),
                        Whole.text(Double(size.emptyPages)),
                        size.sparsePages.map { Whole.text(Double($0)) } ?? "–",
                        Whole.text(Double(size.slots)),
                        Percent.text(Double(size.freeSlots) / Double(max(1, size.slots))),
                        Megabytes.plain(Double(size.resident)),
                    ]
                )
            })
    }
}
