import Diagnostics
import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Sandbox

/// Build scripts without measure: each is stopped, and the limit that it hit is named.
@Suite(
    .serialized, .enabled(if: Programs.has("bwrap"), "SKIPPED: bubblewrap is not installed here"))
struct LimitTests {
    /// Small enough that no test can hurt the machine.
    static let small = Limits(
        duration: .seconds(50), processes: 200, memory: 300_000_000, files: 30_000_000,
        log: 3_000_000, temporary: 5_000_000, reserve: 1_000_000)

    static func run(
        _ script: String, in folder: FilePath, limits: Limits = small
    ) async throws -> CommandResult.Ending {
        let work = folder.appending("work")
        try Files.createDirectory(work)
        return try await BubblewrapSandbox(runner: SubprocessRunner(), limits: limits).run(
            SandboxSpec(
                profile: .build, root: "/",
                binds: [.init(work, at: "/mnt", isReadOnly: false)], environment: [:],
                workingDirectory: "/mnt", arguments: ["bash", "-c", script]),
            appendingTo: folder.appending("log"))
    }

    /// The processes whose command line holds a word.
    static func processes(with word: String) throws -> [String] {
        try Files.names(in: "/proc").filter { name in
            Int(name) != nil
                && ((try? Files.readText(FilePath("/proc/\(name)/cmdline"))) ?? "").contains(word)
        }
    }

    @Test("a program that runs for ever")
    func endless() async throws {
        try await Scratch.with { folder in
            var limits = Self.small
            limits.duration = .seconds(1)
            let start = ContinuousClock.now
            let ending = try await Self.run("sleep 1000", in: folder, limits: limits)
            #expect(ending == .stopped(because: "it ran longer than 1 second"))
            #expect(ContinuousClock.now - start < .seconds(100))
        }
    }

    /// As many processes as would be too many; never so many that the machine that tests it suffers
    /// where nothing holds them.
    static let bomb = "for i in {1..600}; do (exec -a lapidary-bomb sleep 60) & done; sleep 60"

    @Test("many processes", .timeLimit(.minutes(10)))
    func manyProcesses() async throws {
        try await Scratch.with { folder in
            // Not one that doubles: root's processes are not held by the kernel's own limit, and a
            // test must not be able to take the machine down.
            let script = "for i in {1..600}; do sleep 1000.0007 & done; wait; exit 1"
            let ending = try await Self.run(script, in: folder)
            #expect(ending == .stopped(because: "it had more than 200 processes"))
            let isQuiet = try await eventually { try Self.processes(with: "1000.0007").isEmpty }
            #expect(isQuiet)
        }
    }

    @Test(
        "a fork bomb of an ordinary user", .timeLimit(.minutes(10)),
        .enabled(if: OrdinaryUser.isPossible, "SKIPPED: needs root, useradd and newuidmap"))
    func forkBombOfAUser() async throws {
        try await OrdinaryUser.with { user in
            try await Scratch.with { folder in
                try Files.setMode(0o755, of: folder)
                let theirs = folder.appending("theirs")
                try Files.createDirectory(theirs)
                chown(theirs.string, user.uid, user.gid)
                await #expect(processExitsWith: .success) {
                    [user = user as OrdinaryUser, path = theirs.string as String] in
                    user.become()
                    let ending = try await LimitTests.run(
                        "\(LimitTests.bomb); exit 1", in: FilePath(path))
                    try #require(ending == .stopped(because: "it had more than 200 processes"))
                    // Without a look from outside the kernel itself holds twice as many.
                    var limits = LimitTests.small
                    limits.processes = 20
                    let held = try await SubprocessRunner().capture(
                        Privileges.current.withSystemIDs(
                            BubblewrapSandbox.command(
                                for: SandboxSpec(
                                    profile: .build, root: "/", binds: [], environment: [:],
                                    workingDirectory: "/",
                                    arguments: [
                                        "bash", "-c",
                                        "for i in {1..100}; do sleep 9 & done; exit 0",
                                    ]), temporary: 1_000_000
                            ).after(limits.words)))
                    try #require(
                        held.standardError.contains("Resource temporarily unavailable"),
                        "\(held)")
                }
            }
        }
    }

    @Test(
        "a control group holds a fork bomb of root, too",
        .enabled(
            if: ControlGroup.isPossible, "SKIPPED: no control group can be made on this machine"))
    func forkBombInAGroup() async throws {
        try await Scratch.with { folder in
            var limits = Self.small
            limits.processes = 20
            let group = try #require(ControlGroup.make(limits))
            defer { group.remove() }
            let script = "for i in {1..100}; do sleep 5.0009 & done; exit 0"
            let log = folder.appending("log")
            _ = try await SubprocessRunner().run(
                group.entered(by: Command("bash", ["-c", script])), appendingTo: log)
            #expect(try Files.readText(log).contains("Resource temporarily unavailable"))
            // The group can be removed only when they are gone.
            let isQuiet = try await eventually {
                try Self.processes(with: "sleep\u{0}5.0009\u{0}").isEmpty
            }
            #expect(isQuiet)
        }
    }

    @Test("a program that eats memory")
    func memory() async throws {
        try await Scratch.with { folder in
            let script =
                "perl -e 'while (1) { push @a, \"x\" x 1_000_000; select undef, undef, undef, 0.005 }'"
            let ending = try await Self.run(script, in: folder)
            #expect(ending == .stopped(because: "it used more than 300 MB of memory"))
        }
    }

    @Test("many programs that eat memory together")
    func sharedMemory() async throws {
        try await Scratch.with { folder in
            let script = """
                for i in {1..20}; do perl -e '$a = "x" x 30_000_000; sleep 1000' & done; wait
                """
            let ending = try await Self.run(script, in: folder)
            #expect(ending == .stopped(because: "it used more than 300 MB of memory"))
        }
    }

    @Test("one huge allocation is refused by the kernel")
    func hugeAllocation() async throws {
        try await Scratch.with { folder in
            let ending = try await Self.run("perl -e '$a = \"x\" x 2_000_000_000'", in: folder)
            #expect(ending != .exited(0))
            #expect(try Files.readText(folder.appending("log")).contains("Out of memory"))
        }
    }

    @Test("memory through /tmp, /dev/shm and /dev", arguments: ["/tmp", "/dev/shm", "/dev"])
    func temporaryFolders(folder place: String) async throws {
        try await Scratch.with { folder in
            let ending = try await Self.run(
                "head -c 20000000 /dev/zero > \(place)/file", in: folder)
            #expect(ending == .exited(1))
            let log = try Files.readText(folder.appending("log"))
            #expect(log.contains("No space left") || log.contains("Read-only file system"))
        }
    }

    @Test("one file without end")
    func hugeFile() async throws {
        try await Scratch.with { folder in
            let ending = try await Self.run("cat /dev/zero > file", in: folder)
            #expect(ending == .stopped(because: "it wrote more than 30 MB"))
            #expect(try Files.size(of: folder.pushing("work/file")) <= 30_000_000)
        }
    }

    @Test("files without end")
    func manyFiles() async throws {
        try await Scratch.with { folder in
            let script = "while :; do i=$((i+1)); head -c 3000000 /dev/zero > f$i; sleep 0.02; done"
            let ending = try await Self.run(script, in: folder)
            #expect(ending == .stopped(because: "it wrote more than 30 MB"))
        }
    }

    @Test("output without end")
    func endlessOutput() async throws {
        try await Scratch.with { folder in
            let log = folder.appending("log")
            try Files.write("before\n", to: log)
            var limits = Self.small
            limits.files = 500_000_000
            let ending = try await Self.run(
                "while :; do head -c 100000 /dev/zero; sleep 0.005; done", in: folder,
                limits: limits)
            #expect(ending == .stopped(because: "it printed more than 3 MB"))
            #expect(try Files.size(of: log) == 3_000_007)
        }
    }

    @Test(
        "a full disk",
        .enabled(if: Programs.areRunAsRoot, "SKIPPED: only root can mount a small disk"))
    func fullDisk() async throws {
        try await SmallDisk.with(megabytes: 20) { disk in
            let failure = await #expect(throws: Failure.self) {
                try await Self.run("cat /dev/zero > file", in: disk)
            }
            #expect(failure?.kind == .environment)
            #expect(
                failure?.message.hasPrefix("the disk of `\(disk)/work` is full: ") == true,
                "\(String(describing: failure))")
            #expect(failure?.message.hasSuffix(" free, and 1 MB needed to go on") == true)
        }
    }

    @Test("daemons end with the program that left them behind")
    func daemons() async throws {
        try await Scratch.with { folder in
            let script = """
                (setsid bash -c 'trap "" HUP TERM INT; sleep 1; echo x > mark; sleep 1000' \
                    lapidary-daemon &) &
                sleep 0.2; exit 0
                """
            let ending = try await Self.run(script, in: folder)
            #expect(ending == .exited(0))
            #expect(try Self.processes(with: "lapidary-daemon").isEmpty)
            try await Task.sleep(for: .seconds(2))
            #expect(try Files.names(in: folder.appending("work")) == [])
        }
    }

    @Test("a build that keeps to the limits is left alone")
    func modest() async throws {
        try await Scratch.with { folder in
            let ending = try await Self.run(
                "for i in {1..50}; do sleep 0.5 & done; wait; head -c 1000000 /dev/zero > f",
                in: folder)
            #expect(ending == .exited(0))
        }
    }
}
