import Foundation
import HostSystem
import Synchronization
import SystemPackage

/// Looks from outside at what a sandbox uses, and says when it is too much.
///
/// It works for every user and in every container; what happens between two looks is bounded by
/// the kernel's limits of `Limits.words`, by the reserve of the disk, and by the sandbox being the
/// first to go when memory runs out.
struct SandboxWatch: Sendable {
    let limits: Limits
    /// The folders that the sandbox may write to.
    let folders: [FilePath]
    /// Where it prints to, if that is a file, and how long the file was before.
    let log: (path: FilePath, start: Int64)?

    /// Microseconds.
    private static let pause: UInt32 = 200_000
    /// Microseconds between two looks at what cannot come near a limit until the next: looking
    /// takes time from what is looked at.
    private static let calmPause: UInt32 = 1_000_000
    /// More than programs can take in that time: bytes, and processes.
    private static let room = (memory: Int64(6_000_000_000), processes: 3000)
    /// Reading the size of every file takes a while, so it is done seldom.
    private static let longPause = Duration.seconds(60)

    /// Waits until a process and those that descend from it use too much; blocks its thread.
    ///
    /// - Parameters:
    ///   - leader: the process that was started.
    ///   - isOver: whether nobody wants to know any more.
    /// - Returns: what was too much; nil when it was over before.
    func excess(of leader: Int32, isOver: () -> Bool) -> Excess? {
        let start = ContinuousClock.now
        let freeAtStart = folders.map(Self.free)
        var lastMeasured = start
        while !isOver() {
            let now = ContinuousClock.now
            if now - start > limits.duration { return .duration(limits.duration) }
            let used = used(by: leader)
            if used.processes > limits.processes { return .processes(limits.processes) }
            if used.memory > limits.memory { return .memory(limits.memory) }
            if let log, let size = try? Files.size(of: log.path), size - log.start > limits.log {
                return .log(limits.log)
            }
            let free = folders.map(Self.free)
            if free.contains(where: { $0 < limits.reserve }) { return .reserve }
            // A disk that got much emptier is a reason to look at once.
            let fell = zip(freeAtStart, free).contains { $0 - $1 > limits.files / 2 }
            let pause: Duration = fell || isSmall ? .seconds(2) : Self.longPause
            if now - lastMeasured > pause || (fell && isSmall) {
                lastMeasured = now
                if folders.reduce(0, { $0 + DiskSpace.used(by: $1) }) > limits.files {
                    return .files(limits.files)
                }
            }
            let isCalm =
                limits.memory - used.memory > Self.room.memory
                && limits.processes - used.processes > Self.room.processes
            usleep(isCalm ? Self.calmPause : Self.pause)
        }
        return nil
    }

    /// Whether so little may be written that waiting between two measurements would be too long.
    private var isSmall: Bool { limits.files < 1_000_000_000 }

    private func used(by leader: Int32) -> (processes: Int, memory: Int64) {
        let family = ProcessTable.descendants(of: leader)
        return (
            family.count, family.reduce(0) { $0 + ProcessTable.privateMemory(of: $1) }
        )
    }

    private static func free(at folder: FilePath) -> Int64 {
        (try? Files.freeBytes(at: folder)) ?? .max
    }
}

/// Ends a sandbox that uses too much, or that nobody waits for any more.
final class SandboxGuardian: Sendable {
    private struct State {
        var leader: Int32?
        var excess: Excess?
    }

    private let watch: SandboxWatch
    private let state = Mutex(State())

    /// - Parameter watch: what to look at.
    init(watch: SandboxWatch) {
        self.watch = watch
    }

    /// What was too much, if the sandbox was ended for it.
    var excess: Excess? { state.withLock { $0.excess } }

    /// Watches from now on.
    ///
    /// - Parameter leader: the process that was started, unshare(1).
    func start(leader: Int32) {
        // 0 is no process of ours, and 1 is the machine's.
        guard leader > 1 else { return }
        state.withLock { $0.leader = leader }
        // A thread of its own: tasks wait for each other when all of their threads are busy.
        Thread { [self] in
            let isOver = { [self] in state.withLock { $0.leader == nil } }
            guard let excess = watch.excess(of: leader, isOver: isOver) else { return }
            state.withLock { $0.excess = excess }
            // On a busy machine the sandbox may not even have begun, so once is not enough.
            while !isOver() {
                end()
                usleep(50_000)
            }
        }.start()
    }

    /// Watches no longer: the leader has ended, and its number may be somebody else's.
    func stop() {
        state.withLock { $0.leader = nil }
    }

    /// Kills the first process of the sandbox's namespace, and everything in it with that.
    ///
    /// The leader ends by itself once they are gone.
    func end() {
        state.withLock { state in
            guard let leader = state.leader else { return }
            for child in ProcessTable.children(of: leader) { kill(child, SIGKILL) }
        }
    }
}

/// What /proc tells of processes (proc(5)).
package enum ProcessTable {
    /// Finds a process of a sandbox.
    ///
    /// - Parameters:
    ///   - number: its number as it sees it itself.
    ///   - leader: the process that the sandbox was started as.
    /// - Returns: its number for this process; nil when it is not there.
    package static func process(numbered number: Int32, startedBy leader: Int32) -> Int32? {
        descendants(of: leader).first { process in
            guard let text = read("/proc/\(process)/status"),
                let line = text.split(separator: "\n").first(where: { $0.hasPrefix("NSpid:") })
            else { return false }
            return line.split(whereSeparator: \.isWhitespace).last.flatMap { Int32($0) } == number
        }
    }

    /// A process and all that descend from it; what lost its parent in a sandbox belongs to the
    /// sandbox's first process.
    static func descendants(of leader: Int32) -> [Int32] {
        let children = tellsChildren ? nil : childrenByParent()
        var found = [leader]
        var next = 0
        while next < found.count {
            found += children.map { $0[found[next]] ?? [] } ?? childrenOfThreads(of: found[next])
            next += 1
        }
        return found
    }

    /// The children of a process; asked of the kernel at once where it can tell, for a machine full
    /// of processes has no time to list them all.
    static func children(of process: Int32) -> [Int32] {
        tellsChildren
            ? childrenOfThreads(of: process) : childrenByParent()[process] ?? []
    }

    /// Whether this kernel lists the children of a thread (CONFIG_PROC_CHILDREN).
    private static let tellsChildren = read("/proc/thread-self/children") != nil

    /// Each thread has the children that it started itself.
    private static func childrenOfThreads(of process: Int32) -> [Int32] {
        let threads = (try? Files.names(in: FilePath("/proc/\(process)/task"))) ?? []
        return threads.flatMap { thread in
            (read("/proc/\(process)/task/\(thread)/children") ?? "").split(separator: " ")
                .compactMap { Int32($0) }
        }
    }

    private static func childrenByParent() -> [Int32: [Int32]] {
        var children: [Int32: [Int32]] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let process = Int32(name), let parent = parent(of: process) else { continue }
            children[parent, default: []].append(process)
        }
        return children
    }

    /// Bytes in memory that are no file's: what the process would give back by ending.
    static func privateMemory(of process: Int32) -> Int64 {
        guard let text = read("/proc/\(process)/statm") else { return 0 }
        let pages = text.split(separator: " ").compactMap { Int64($0) }
        guard pages.count > 2 else { return 0 }
        return (pages[1] - pages[2]) * Int64(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// The name in parentheses may hold anything; the parent is the second word behind it.
    private static func parent(of process: Int32) -> Int32? {
        guard let text = read("/proc/\(process)/stat"), let close = text.lastIndex(of: ")") else {
            return nil
        }
        let words = text[close...].split(separator: " ", maxSplits: 3)
        return words.count > 2 ? Int32(words[2]) : nil
    }

    /// As much as names more children than any limit lets live.
    private static let textLimit = 1 << 17

    private static func read(_ path: String) -> String? {
        guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else {
            return nil
        }
        defer { try? file.close() }
        return try? String(unsafeUninitializedCapacity: textLimit) { buffer in
            // The kernel gives a page or so at a time.
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            var count = 0
            while count < bytes.count {
                let read = try file.read(into: .init(rebasing: bytes[count...]))
                if read == 0 { break }
                count += read
            }
            return count
        }
    }
}
