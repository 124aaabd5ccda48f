import Measurement

/// What the figures may depend on, as tables.
extension Tables {
    /// A table of facts for each recording.
    var machines: [FigureTable] {
        report.sources.map { source in
            let recording = source.recording
            let machine = recording.machine
            var facts: [(String, String)] = [
                ("Measured", recording.startedAt), ("Lapidary", recording.lapidary),
                ("Kernel", "\(machine.kernel), \(machine.architecture)"),
                ("Processors", "\(machine.processors)"),
                ("Page size", "\(machine.pageSize) B"),
                ("Huge pages", machine.transparentHugePages ?? "none"),
                ("Swap", machine.swap == 0 ? "none" : Megabytes.short(Double(machine.swap))),
            ]
            facts += machine.groupLimits.sorted { $0.key < $1.key }.map { ("Limit \($0)", $1) }
            if !machine.cleared.isEmpty {
                facts.append(
                    ("Taken from the environment", machine.cleared.joined(separator: ", ")))
            }
            facts += recording.workloads.map { workload in
                let command = ([workload.name] + workload.arguments).joined(separator: " ")
                return (
                    "Workload \(workload.name)",
                    "\(command); left alone for \(Decimal1.text(workload.settleSeconds)) s,"
                        + " SHA-256 \(workload.sha256)"
                )
            }
            return Self.facts("Recording \(source.name)", facts)
        }
    }

    /// A table of facts for each arm.
    var rubies: [FigureTable] {
        report.arms.map { arm in
            let ruby = arm.arm.ruby
            var facts: [(String, String)] = [
                ("Ruby", ruby.description), ("Program", ruby.path), ("SHA-256", ruby.sha256),
                ("Allocator", ruby.allocator), ("C library", ruby.libc),
            ]
            if let package = ruby.package {
                facts.append(("Package", "\(package.name) \(package.version)"))
                facts.append(("SHA-256 of \(package.file)", package.sha256))
            }
            facts += arm.arm.environment.sorted { $0.key < $1.key }.map { ("Set: \($0)", $1) }
            facts += ruby.config.sorted { $0.key < $1.key }.map { ("RbConfig \($0)", $1) }
            if !ruby.libraries.isEmpty {
                facts.append(("Libraries", ruby.libraries.joined(separator: " ")))
            }
            return Self.facts(arm.label, facts)
        }
    }

    private static func facts(_ caption: String, _ facts: [(String, String)]) -> FigureTable {
        FigureTable(
            caption, columns: [("Fact", .words), ("Value", .words)],
            rows: facts.map { (nil, [$0.0, $0.1]) })
    }
}
