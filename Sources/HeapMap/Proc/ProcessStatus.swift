/// What /proc/PID/status tells (proc_pid_status(5)).
package struct ProcessStatus: Sendable, Hashable {
    /// The name of the program, at most 15 characters.
    package let name: String
    /// `R`, `S`, `D`, `T`, `t`, `Z`, `X`, `I`.
    package let state: Character
    package let threads: Int
    /// Who traces the process; 0 for nobody.
    package let tracer: Int32
    /// The real user.
    package let user: UInt32?
    /// Bytes in memory (`VmRSS`); nil for kernel threads and for what has ended.
    package let resident: UInt64?

    package var hasEnded: Bool { state == "Z" || state == "X" }

    package init?(text: String) {
        var values: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { values[parts[0]] = parts[1].drop { $0 == "\t" || $0 == " " } }
        }
        guard let name = values["Name"], let state = values["State"]?.first else { return nil }
        self.name = String(name)
        self.state = state
        threads = values["Threads"].flatMap { Int($0) } ?? 1
        tracer = values["TracerPid"].flatMap { Int32($0) } ?? 0
        user = values["Uid"]?.split(separator: "\t").first.flatMap { UInt32($0) }
        resident = values["VmRSS"]?.split(separator: " ").first.flatMap { UInt64($0) }
            .map { $0 << 10 }
    }
}
