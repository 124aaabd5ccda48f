import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import HostSystem

/// What a program started goes with the process that started the program.
@Suite struct DeathTests {
    private static func isRunning(_ mark: String) throws -> Bool {
        try Files.names(in: "/proc").contains { name in
            Int(name) != nil
                && ((try? Files.readText(FilePath("/proc/\(name)/cmdline"))) ?? "").contains(mark)
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func aProgramDiesWithItsKilledParent() async throws {
        try await Scratch.with { folder in
            let mark = "30\(UInt32.random(in: 100_000...999_999))"
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [mark = mark as String, path = folder.string as String] in
                let ready = FilePath(path).appending("ready")
                Task {
                    try await SubprocessRunner().capture(
                        Command("sh", ["-c", "echo > \(ready); exec sleep \(mark)"]))
                }
                while !Files.exists(ready) { usleep(10_000) }
                kill(getpid(), SIGKILL)
            }
            let isQuiet = try await eventually { try !Self.isRunning(mark) }
            #expect(isQuiet)
        }
    }

    /// mmdebstrap starts apt and dpkg in sessions of their own, which a signal to it does not reach.
    @Test(
        .timeLimit(.minutes(10)),
        .enabled(if: Programs.areRunAsRoot, "SKIPPED: making process namespaces needs root here"))
    func everythingThatAProgramAloneStartedDiesToo() async throws {
        try await Scratch.with { folder in
            let mark = "30\(UInt32.random(in: 100_000...999_999))"
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [mark = mark as String, path = folder.string as String] in
                let ready = FilePath(path).appending("ready")
                let script = "setsid sleep \(mark) & sleep 0.2; echo > \(ready); wait"
                Task {
                    try await SubprocessRunner().capture(
                        Privileges.current.withSystemIDs(
                            Command("sh", ["-c", script]), apartFrom: .machine))
                }
                while !Files.exists(ready) { usleep(10_000) }
                kill(getpid(), SIGKILL)
            }
            let isQuiet = try await eventually { try !Self.isRunning(mark) }
            #expect(isQuiet)
        }
    }
}
