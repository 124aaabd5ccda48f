import Foundation

/// How much one program and all that it starts may use.
///
/// They are there to stop what went wrong, not to share a machine: generous, but far from
/// what would take the machine down.
package struct Limits: Sendable, Hashable {
    /// By the clock on the wall.
    package var duration: Duration
    package var processes: Int
    /// Bytes of memory that all processes together hold for themselves.
    package var memory: Int64
    /// Bytes on disk of all files in the writable folders; no single file may be larger either.
    package var files: Int64
    /// Bytes that one program may print.
    package var log: Int64
    /// Bytes in each of /tmp and /dev/shm, which lie in memory.
    package var temporary: Int64
    /// Bytes that stay free on the file system of the writable folders.
    package var reserve: Int64

    package init(
        duration: Duration, processes: Int, memory: Int64, files: Int64, log: Int64,
        temporary: Int64, reserve: Int64
    ) {
        self.duration = duration
        self.processes = processes
        self.memory = memory
        self.files = files
        self.log = log
        self.temporary = temporary
        self.reserve = reserve
    }

    /// Compiling one Ruby takes minutes, some dozen processes and 1 GB each of memory and disk.
    package static let standard = Limits(
        duration: .seconds(4 * 3600), processes: 4000,
        memory: Int64(ProcessInfo.processInfo.physicalMemory / 4 * 3), files: 20_000_000_000,
        log: 200_000_000, temporary: 4_000_000_000, reserve: 300_000_000)

    /// The words of prlimit(1) that make the kernel hold what it can hold for each process.
    ///
    /// They lie above what is watched from outside, which can name the limit that was hit. The
    /// count of processes holds inside a user namespace that is not made by root: for root's own
    /// processes the kernel leaves it out (`copy_process` of kernel/fork.c).
    var words: [String] {
        let wanted: [(String, Int64, rlimit)] = [
            ("nproc", Int64(processes) * 2, Self.own(__RLIMIT_NPROC)),
            ("data", memory / 4 * 5, Self.own(RLIMIT_DATA)),
            ("fsize", files, Self.own(RLIMIT_FSIZE)), ("core", 0, Self.own(RLIMIT_CORE)),
        ]
        // Nobody may raise a hard limit.
        return ["prlimit"]
            + wanted.map { name, value, own in
                let limit = min(UInt64(value), UInt64(own.rlim_max))
                return "--\(name)=\(limit):\(limit)"
            } + ["--"]
    }

    private static func own(_ resource: __rlimit_resource) -> rlimit {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
        return limit
    }
}

/// A limit that a program went past.
enum Excess: Sendable, Hashable {
    case duration(Duration)
    case processes(Int)
    case memory(Int64)
    case files(Int64)
    case log(Int64)
    /// A writable folder's file system has fewer free bytes than the reserve.
    case reserve

    /// What it did, for a message: `it ran longer than 3 hours`.
    var sentence: String {
        switch self {
        case .duration(let limit):
            "it ran longer than \(limit.formatted(.units(allowed: [.hours, .minutes, .seconds], width: .wide)))"
        case .processes(let limit): "it had more than \(limit) processes"
        case .memory(let limit): "it used more than \(Self.size(limit)) of memory"
        case .files(let limit): "it wrote more than \(Self.size(limit))"
        case .log(let limit): "it printed more than \(Self.size(limit))"
        case .reserve: "the disk is full"
        }
    }

    private static func size(_ bytes: Int64) -> String {
        bytes >= 10_000_000_000 ? "\(bytes / 1_000_000_000) GB" : "\(bytes / 1_000_000) MB"
    }
}
