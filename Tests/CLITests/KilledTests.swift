import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

/// A lapidary that is killed cannot clean up, and its children must go all the same.
@Suite struct KilledTests {
    /// The processes that know of a path, by their variables or arguments.
    private func processes(knowing path: String) throws -> [Int] {
        try Files.names(in: "/proc").compactMap { Int($0) }.filter { process in
            ["environ", "cmdline"].contains { name in
                let text = (try? Files.readText(FilePath("/proc/\(process)/\(name)"))) ?? ""
                return text.contains(path) && Processes.isRunning(process)
            }
        }
    }

    @Test(
        .timeLimit(.minutes(10)),
        .enabled(if: Programs.areRunAsRoot, "SKIPPED: the preflight needs root or subordinate ids"))
    func aptEndsWithAKilledLapidary() async throws {
        let silence = LoopbackServer.Answer.body([], claiming: 1000, then: .stall)
        let paths = ["/debian/dists/bookworm/InRelease", "/debian/dists/bookworm/Release"]
        try await LoopbackServer.with(.init(uniqueKeysWithValues: paths.map { ($0, silence) })) {
            server in
            try await CLIFixture.with { fixture in
                let pid = fixture.folder.appending("pid")
                let command = try fixture.command(
                    ["build", "3.3@plain:bookworm"],
                    environment: ["LAPIDARY_MIRROR": server.address("/debian")])
                let shell = Command(
                    "sh", ["-c", "echo $$ > \(pid); exec \(command.displayed)"],
                    workingDirectory: fixture.project)
                let task = Task { try await SubprocessRunner().capture(shell) }
                let isAsking = try await eventually {
                    !server.requests.isEmpty
                }
                try #require(isAsking)
                let lapidary = try #require(Processes.number(in: pid))
                let family = try processes(knowing: fixture.home.string)
                // lapidary itself, apt-get and its method.
                #expect(family.count >= 3)
                kill(pid_t(lapidary), SIGKILL)
                let ending = try await task.value.ending
                #expect(ending == .killed(signal: 9))
                let isQuiet = try await eventually {
                    try processes(knowing: fixture.home.string).isEmpty
                }
                #expect(isQuiet)
            }
        }
    }
}
