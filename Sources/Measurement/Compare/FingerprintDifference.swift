import Diagnostics

/// What keeps two recordings from being compared: figures of another machine are other figures.
package enum FingerprintDifference {
    /// The sentences on all that differs; none when the recordings can be compared.
    ///
    /// The Rubies and what was set for them are what is compared, and may differ.
    package static func lines(
        _ first: (recording: Recording, arm: Arm), _ second: (recording: Recording, arm: Arm)
    ) -> [String] {
        var pairs: [(name: String, first: String, second: String)] = []
        func add(_ name: String, _ value: (Recording, Arm) -> String) {
            pairs.append(
                (name, value(first.recording, first.arm), value(second.recording, second.arm)))
        }
        add("lapidary") { recording, _ in recording.lapidary }
        add("kernel") { recording, _ in recording.machine.kernel }
        add("architecture") { recording, _ in recording.machine.architecture }
        add("processors") { recording, _ in "\(recording.machine.processors)" }
        add("page size") { recording, _ in "\(recording.machine.pageSize)" }
        add("transparent huge pages") { recording, _ in
            recording.machine.transparentHugePages ?? "none"
        }
        add("swap") { recording, _ in "\(recording.machine.swap) bytes" }
        let limits = Set(first.recording.machine.groupLimits.keys)
            .union(second.recording.machine.groupLimits.keys)
        for name in limits.sorted() {
            add(name) { recording, _ in recording.machine.groupLimits[name] ?? "no limit" }
        }
        add("C library") { _, arm in arm.ruby.libc }
        let both = Set(first.recording.workloads.map(\.name))
            .intersection(second.recording.workloads.map(\.name))
        for name in both.sorted() {
            add("workload \(name)") { recording, _ in
                recording.workloads.first { $0.name == name }
                    .map { "\($0.sha256.prefix(12)) \($0.arguments.joined(separator: " "))" } ?? ""
            }
            add("seconds that \(name) was left alone") { recording, _ in
                recording.workloads.first { $0.name == name }.map { "\($0.settleSeconds)" } ?? ""
            }
        }
        var lines = pairs.filter { $0.first != $0.second }
            .map { "\($0.name): \($0.first) and \($0.second)" }
        if both.isEmpty { lines.append("workloads: they have none in common") }
        return lines
    }

    /// Refuses recordings that cannot be compared.
    ///
    /// - Throws: `Failure` of kind `usage` that names all that differs.
    package static func require(
        _ first: (recording: Recording, arm: Arm), _ second: (recording: Recording, arm: Arm)
    ) throws {
        let lines = lines(first, second)
        guard lines.isEmpty else {
            throw Failure(
                .usage, "the recordings cannot be compared: they were not made alike",
                details: lines,
                hint: "measure both again on one machine: lapidary compare A B")
        }
    }
}
