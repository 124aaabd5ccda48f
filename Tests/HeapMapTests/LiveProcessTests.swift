import Diagnostics
import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import HeapMap

/// Processes that are busy, stopped, ended, or not of glibc.
@Suite(.enabled(if: HeapProgram.isPossible)) struct LiveProcessTests {
    private static let busy = """
        static volatile long rounds;

        static void *churn(void *number)
        {
            unsigned long state = 88172645463325252UL + 977 * (unsigned long)number;
            static __thread void *chunks[4096];
            for (;;) {
                unsigned long place = next(&state) % 4096;
                free(chunks[place]);
                size_t size = 16 + next(&state) % 3000;
                memset(chunks[place] = malloc(size), 1, 16);
                __atomic_add_fetch(&rounds, 1, __ATOMIC_RELAXED);
            }
        }

        int main(int argc, char **argv)
        {
            chdir(argv[1]);
            for (long i = 0; i < 4; i++) {
                pthread_t thread;
                pthread_create(&thread, NULL, churn, (void *)i);
            }
            while (rounds < 20000) usleep(1000);
            say("ready", getpid());
            for (int i = 0;; i++) {
                char name[32], done[32];
                snprintf(name, sizeof name, "progress%d", i);
                wait_for(name);
                long before = rounds;
                while (rounds < before + 1000) usleep(1000);
                snprintf(done, sizeof done, "%s-done", name);
                say(done, rounds);
            }
        }
        """

    private static let idle = """
        int main(int argc, char **argv)
        {
            chdir(argv[1]);
            memset(malloc(100000), 1, 100000);
            ready();
            return 0;
        }
        """

    @Test func aBusyProgramIsMappedAndGoesOn() async throws {
        try await HeapProgram.with(Self.busy) { program in
            for round in 0..<5 {
                let heap = try program.heap()
                #expect(heap.arenas.count == 5)
                for arena in heap.arenas {
                    let chunks =
                        arena.inUse.bytes + arena.free.bytes + arena.cached.bytes
                        + arena.fast.bytes
                    #expect(chunks + arena.top + arena.overhead == arena.system)
                }
                #expect(try await program.ask("progress\(round)") > 0)
            }
        }
    }

    @Test func aStoppedProcessIsMappedAndStaysStopped() async throws {
        try await HeapProgram.with(Self.idle) { program in
            func state() throws -> Character? {
                try ProcessFiles(process: program.process).status()?.state
            }
            kill(program.process, SIGSTOP)
            try #require(try await eventually { try state() == "T" })
            #expect(try program.heap().arenas[0].inUse.bytes > 100_000)
            try await Task.sleep(for: .milliseconds(50))
            #expect(try state() == "T")
            kill(program.process, SIGCONT)
            _ = try await program.ask("trim")
        }
    }

    @Test func aSignalThatComesMeanwhileIsDelivered() async throws {
        let source = """
            #include <signal.h>
            static volatile sig_atomic_t count;
            static void take(int number) { count++; }

            int main(int argc, char **argv)
            {
                chdir(argv[1]);
                signal(SIGUSR1, take);
                say("ready", getpid());
                wait_for("count");
                say("count-done", count);
                wait_for("end");
            }
            """
        try await HeapProgram.with(source) { program in
            let maps = Task.detached { for _ in 0..<40 { _ = try program.map() } }
            var sent = 0
            for _ in 0..<40 {
                kill(program.process, SIGUSR1)
                sent += 1
                try await Task.sleep(for: .milliseconds(2))
            }
            try await maps.value
            // Signals of one kind that come while one waits are one; most come through here.
            let count = try await program.ask("count")
            #expect(count > 0 && count <= sent)
            #expect(ProcessFiles(process: program.process).hasEnded(program.process) == false)
        }
    }

    @Test func aProgramWithoutGlibcHasNoMap() async throws {
        let source = """
            """
        try await Scratch.with { folder in
            let file = folder.appending("bare.c")
            try Files.write(
                source + """
                    static long call(long number, long a, long b)
                    {
                    #if defined __x86_64__
                        long result;
                        __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b)
                                         : "rcx", "r11", "memory");
                        return result;
                    #else
                        register long x8 __asm__("x8") = number;
                        register long x0 __asm__("x0") = a;
                        register long x1 __asm__("x1") = b;
                        __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
                        return x0;
                    #endif
                    }
                    void _start(void)
                    {
                        long forever[2] = {1000, 0};
                    #if defined __x86_64__
                        for (;;) call(35, (long)forever, 0);
                    #else
                        for (;;) call(101, (long)forever, 0);
                    #endif
                    }
                    """, to: file)
            let program = folder.appending("bare").string
            _ = try await SubprocessRunner().output(
                of: Command("gcc", ["-nostdlib", "-static", "-o", program, file.string]),
                purpose: "compile a program without a C library")
            try await withProcess(Command(program, [])) { process in
                let map = try LiveMapper(process: process).map()
                guard case .unavailable(let reason) = map.heap else {
                    Issue.record("mapped: \(map.heap)")
                    return
                }
                #expect(reason == "no heap of glibc's malloc was found in it")
                #expect(map.memory.resident > 0)
            }
        }
    }

    #if arch(x86_64)
        @Test func aProgramOf32BitsHasNoMap() async throws {
            try await Scratch.with { folder in
                let file = folder.appending("small.c")
                try Files.write(
                    """
                    void _start(void)
                    {
                        long forever[2] = {1000, 0};
                        int result;
                        for (;;)
                            __asm__ volatile("int $0x80" : "=a"(result)
                                             : "a"(162), "b"(forever), "c"(0) : "memory");
                    }
                    """, to: file)
                let program = folder.appending("small").string
                let flags = ["-m32", "-nostdlib", "-static", "-fno-pie", "-no-pie"]
                _ = try await SubprocessRunner().output(
                    of: Command(
                        "gcc", flags + ["-fno-stack-protector", "-o", program, file.string]),
                    purpose: "compile a program of 32 bits")
                try await withProcess(Command(program, [])) { process in
                    let map = try LiveMapper(process: process).map()
                    #expect(map.heap == .unavailable(reason: "it is a 32-bit program"))
                }
            }
        }
    #endif

    @Test func whatIsNotThereIsSaid() throws {
        // Process ids end at 2^22 (PID_MAX_LIMIT).
        let failure = #expect(throws: Failure.self) {
            try LiveMapper(process: 1 << 30).map()
        }
        #expect(failure?.kind == .usage)
        #expect(failure?.message == "there is no process 1073741824")
    }

    @Test(.enabled(if: Programs.areRunAsRoot && Programs.has("setpriv")))
    func processesOfOthersAreRefusedWithAHint() async throws {
        let lapidary = try Programs.lapidary().string
        try await HeapProgram.with(Self.idle) { program in
            let result = try await SubprocessRunner().capture(
                Command(
                    "setpriv",
                    [
                        "--reuid", "65534", "--regid", "65534", "--clear-groups", "--", lapidary,
                        "heapmap", "--pid", "\(program.process)",
                    ], environment: ["HOME": "/nonexistent"]))
            #expect(result.ending == .exited(3))
            #expect(result.standardOutput.isEmpty)
            #expect(result.standardError.hasPrefix("error: may not read the memory of process"))
            #expect(result.standardError.contains("hint: run lapidary as that user or as root"))
        }
    }

    @Test(
        .enabled(
            if: preloadableAllocator != nil, "SKIPPED: libjemalloc, libtcmalloc: none is here"))
    func anotherAllocatorIsNamedAndItsRegionsAreShown() async throws {
        let library = try #require(Self.preloadableAllocator)
        let source = """
            int main(int argc, char **argv)
            {
                chdir(argv[1]);
                for (int i = 0; i < 1000; i++) memset(malloc(3000), 1, 3000);
                say("ready", getpid());
                wait_for("end");
            }
            """
        try await HeapProgram.with(source, environment: ["LD_PRELOAD": library]) { program in
            let map = try program.map()
            #expect(!map.allocators.isEmpty)
            guard case .foreign(let reason) = map.heap else {
                Issue.record("\(map.heap)")
                return
            }
            #expect(reason.hasPrefix("\(map.allocators[0]) has the heap"))
            let anonymous = try #require(map.regions.first { $0.kind == .anonymous })
            #expect(anonymous.resident > 3_000_000)
        }
    }

    private static var preloadableAllocator: String? {
        ["libjemalloc.so.2", "libtcmalloc_minimal.so.4", "libmimalloc.so.2"]
            .flatMap { name in
                ["x86_64-linux-gnu", "aarch64-linux-gnu"].map { "/usr/lib/\($0)/\(name)" }
            }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    @Test(.enabled(if: Programs.has("python3")))
    func aRealProgramIsMapped() async throws {
        try await Scratch.with { folder in
            let script = """
                import os, time
                kept = ["x" * (i % 5000) for i in range(20000)]
                del kept[::2]
                open("\(folder.appending("ready"))", "w").write(f"{os.getpid()}\\n")
                time.sleep(600)
                """
            try await whileRunning(Command("python3", ["-c", script])) {
                let file = folder.appending("ready")
                try #require(try await eventually { Processes.number(in: file) != nil })
                let process = Int32(try #require(Processes.number(in: file)))
                let map = try LiveMapper(process: process).map()
                guard case .glibc(let heap) = map.heap else {
                    // A Python that is linked with another C library is no failure of ours.
                    Issue.record("\(map.heap)")
                    return
                }
                #expect(heap.arenas[0].system > 1_000_000)
                #expect(heap.resident <= map.memory.resident)
            }
        }
    }

    /// Runs a program that says nothing, for as long as a body takes.
    private func withProcess(_ command: Command, _ body: (Int32) async throws -> Void) async throws
    {
        let (starts, start) = AsyncStream<Int32>.makeStream()
        let program = Task {
            try await SubprocessRunner().capture(command) { start.yield($0) }
        }
        let process = try #require(await starts.first { _ in true })
        // Until then it is the program that starts it.
        let name = try #require(FilePath(command.executable).lastComponent?.string)
        try #require(
            try await eventually {
                try ProcessFiles(process: process).status()?.name == name
            })
        do {
            try await body(process)
        } catch {
            program.cancel()
            _ = await program.result
            throw error
        }
        program.cancel()
        _ = await program.result
    }
}

/// Programs that are started to be mapped.
@Suite(.enabled(if: HeapProgram.isPossible)) struct ProgramMapperTests {
    private func program(_ body: String, _ use: (FilePath) async throws -> Void) async throws {
        try await Scratch.with { folder in
            let file = folder.appending("program.c")
            try Files.write(
                """
                #include <stdlib.h>
                #include <string.h>
                #include <unistd.h>
                int main(void) { \(body) }
                """, to: file)
            let program = folder.appending("program")
            _ = try await SubprocessRunner().output(
                of: Command("gcc", ["-fno-builtin", "-o", program.string, file.string]),
                purpose: "compile")
            try await use(program)
        }
    }

    @Test func aProgramIsMappedAsItEnds() async throws {
        try await program("memset(malloc(50000), 1, 50000); usleep(100000); return 7;") { program in
            let (map, ending) = try await ProgramMapper()
                .map(Command(program.string, []), at: .atEnd)
            #expect(ending == .exited(7))
            #expect(map.name == "program")
            #expect(try HeapProgram.heap(of: map).arenas[0].inUse.bytes > 50_000)
        }
    }

    @Test func aProgramIsMappedAfterAWhileAndStopped() async throws {
        try await program("memset(malloc(50000), 1, 50000); for (;;) sleep(100);") { program in
            let (map, ending) = try await ProgramMapper()
                .map(Command(program.string, []), at: .after(.milliseconds(300)))
            #expect(ending == nil)
            #expect(try HeapProgram.heap(of: map).arenas[0].inUse.bytes > 50_000)
            #expect(ProcessFiles(process: map.process).hasEnded(map.process))
        }
    }

    @Test func aProgramThatEndsTooEarlyIsAFailure() async throws {
        let failure = await #expect(throws: Failure.self) {
            try await ProgramMapper()
                .map(Command("false", []), at: .after(.seconds(1)))
        }
        #expect(failure?.kind == .failed)
        #expect(failure?.message == "`false` ended with exit code 1 before it could be mapped")
    }

    @Test func aProgramThatIsNotThereIsAFailure() async throws {
        for moment in [ProgramMapper.Moment.atEnd, .after(.seconds(1))] {
            let failure = await #expect(throws: Failure.self) {
                try await ProgramMapper()
                    .map(Command("/nonexistent/program", []), at: moment)
            }
            #expect(failure?.kind == .environment)
        }
    }
}
