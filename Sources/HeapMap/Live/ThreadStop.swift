import CLinux
import Foundation
import SystemPackage

/// Stops all threads of a process for as long as a body takes.
///
/// ptrace(2) with PTRACE_SEIZE: nobody sees a signal, a process that was stopped before stays so,
/// and the kernel lets go of every thread when we end, however that happens.
struct ThreadStop {
    private static let seize: Int32 = 0x4206
    private static let interrupt: Int32 = 0x4207
    private static let detach: Int32 = 17
    /// PTRACE_EVENT_STOP, above the signal in a status.
    private static let eventStop: Int32 = 128

    /// Why a process cannot be stopped.
    enum Problem: Error {
        case refused(Errno)
        case gone
        /// A thread sat in the kernel, where nothing stops it, for longer than we wait.
        case stuck(thread: Int32)
    }

    /// How long a thread may take to stop.
    private static let patience = Duration.seconds(2)

    private let files: ProcessFiles
    /// The threads that are stopped, and the signal each was about to get.
    private var stopped: [Int32: Int32] = [:]
    private var beginning = ContinuousClock.now

    private init(_ files: ProcessFiles) { self.files = files }

    /// - Parameters:
    ///   - files: the process.
    ///   - others: threads that the caller has stopped already.
    ///   - body: what happens meanwhile. It must not wait for anything: only the thread that
    ///     stopped a process may let go of it.
    /// - Returns: what the body returns, and for how long the process was stopped.
    /// - Throws: `Problem`, or what the body throws.
    static func during<Value>(
        _ files: ProcessFiles, besides others: Set<Int32> = [], _ body: () throws -> Value
    ) throws -> (value: Value, duration: Duration) {
        var stop = ThreadStop(files)
        do {
            try stop.stopAll(besides: others)
            let value = try body()
            return (value, stop.resume())
        } catch {
            _ = stop.resume()
            throw error
        }
    }

    /// Threads may start others until all are stopped, so this looks again until nothing is new.
    private mutating func stopAll(besides others: Set<Int32>) throws {
        beginning = .now
        var known = others
        while true {
            let fresh = files.threads().filter { !known.contains($0) }
            guard !fresh.isEmpty else { break }
            var waiting: [Int32] = []
            for thread in fresh {
                known.insert(thread)
                if try take(thread) { waiting.append(thread) }
            }
            for thread in waiting { try waitForStop(of: thread) }
        }
        guard !stopped.isEmpty || !others.isEmpty else { throw Problem.gone }
    }

    /// - Returns: false when the thread ended meanwhile.
    private mutating func take(_ thread: Int32) throws -> Bool {
        guard clinux_ptrace(Self.seize, thread, 0, 0) == 0 else {
            let reason = Errno(rawValue: errno)
            if reason == .noSuchProcess || files.hasEnded(thread) { return false }
            throw Problem.refused(reason)
        }
        // From here on it has to be let go, whatever comes.
        stopped[thread] = 0
        guard clinux_ptrace(Self.interrupt, thread, 0, 0) == 0 else {
            forget(thread)
            return false
        }
        return true
    }

    private mutating func waitForStop(of thread: Int32) throws {
        let limit = ContinuousClock.now + Self.patience
        var looks = 0
        while true {
            let status = clinux_stop_status(thread)
            if status > 0 {
                let isSignal = status >> 8 != Self.eventStop
                // What it was about to get is delivered when it goes on.
                stopped[thread] = isSignal ? status & 0xff : 0
                return
            }
            looks += 1
            if status < 0 || looks % 64 == 0, files.hasEnded(thread) { return forget(thread) }
            guard ContinuousClock.now < limit else { throw Problem.stuck(thread: thread) }
            // Most threads stop within some microseconds.
            usleep(looks < 64 ? 20 : 500)
        }
    }

    private mutating func forget(_ thread: Int32) {
        stopped[thread] = nil
        // The end of the process itself is its parent's to hear of, which may be us.
        if thread != files.process { clinux_forget_thread(thread) }
    }

    private mutating func resume() -> Duration {
        for (thread, signal) in stopped {
            if clinux_ptrace(Self.detach, thread, 0, UInt(signal)) == 0 { continue }
            // Only a thread that has stopped can be let go: one whose stop nobody waited for, since
            // something else failed, is waited for now. The kernel lets go of all when we end.
            try? waitForStop(of: thread)
            let late = stopped[thread] ?? 0
            if clinux_ptrace(Self.detach, thread, 0, UInt(late)) != 0, files.hasEnded(thread) {
                forget(thread)
            }
        }
        stopped = [:]
        return .now - beginning
    }
}
