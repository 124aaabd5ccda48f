import CLinux
import Diagnostics
import Foundation
import SystemPackage

/// Waits until a program is about to end, and maps it then, while its memory is still there.
///
/// PTRACE_EVENT_EXIT of ptrace(2) stops the program on its way out. Until then it runs as it
/// always does; signals pass through.
struct ExitWatch {
    private static let seize: Int32 = 0x4206
    private static let listen: Int32 = 0x4208
    private static let resume: Int32 = 7
    private static let detach: Int32 = 17
    private static let traceExit: UInt = 0x40
    private static let eventExit: Int32 = 6
    private static let eventStop: Int32 = 128

    let process: Int32
    let fineness: Fineness

    /// Blocks its thread, which must be the same all along.
    ///
    /// - Parameter onceWatched: called when the program can no longer end unseen.
    /// - Returns: the map.
    /// - Throws: `Failure` when the program ended before it could be watched, or cannot be read.
    func map(onceWatched: () -> Void) throws -> ProcessMap {
        let files = ProcessFiles(process: process)
        guard clinux_ptrace(Self.seize, process, 0, Self.traceExit) == 0 else {
            let reason = Errno(rawValue: errno)
            if reason == .noSuchProcess || files.hasEnded(process) { throw ended }
            throw Failure(
                .environment, "cannot watch process \(process): \(reason)",
                hint: "in a container it takes the capability SYS_PTRACE")
        }
        onceWatched()
        var looks = 0
        while true {
            let status = clinux_stop_status(process)
            guard status > 0 else {
                looks += 1
                if status < 0 || looks % 64 == 0, files.hasEnded(process) { throw ended }
                usleep(1000)
                continue
            }
            let (signal, event) = (status & 0xff, status >> 8)
            if event == Self.eventExit {
                defer { _ = clinux_ptrace(Self.detach, process, 0, 0) }
                return try LiveMapper(process: process, fineness: fineness)
                    .map(besides: [process])
            }
            let isStopping = [SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU].contains(signal)
            if event == Self.eventStop, isStopping {
                // The whole program was stopped by a signal, and waits for SIGCONT.
                _ = clinux_ptrace(Self.listen, process, 0, 0)
            } else {
                _ = clinux_ptrace(Self.resume, process, 0, event == 0 ? UInt(signal) : 0)
            }
        }
    }

    private var ended: Failure {
        Failure(
            .environment, "map unavailable: the program ended before its memory could be read",
            hint: "it was killed")
    }
}
