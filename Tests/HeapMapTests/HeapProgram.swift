import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import HeapMap

/// A C program that builds a known heap, asks malloc itself about it, and waits.
struct HeapProgram {
    let folder: FilePath
    let process: Int32

    static var isPossible: Bool {
        if !Programs.has("gcc") { print("SKIPPED: gcc is not installed here") }
        return Programs.has("gcc")
    }

    /// Compiles and starts a program, waits until it says `ready`, and ends it afterwards.
    ///
    /// - Parameters:
    ///   - source: its functions after the ones of `beginning`.
    ///   - arguments: what it is started with, after the folder.
    ///   - flags: for the compiler.
    ///   - environment: variables it gets.
    ///   - body: what is tried with it.
    /// - Throws: what the body throws, or a failure of the compiler.
    static func with(
        _ source: String, _ arguments: [String] = [], flags: [String] = [],
        environment: [String: String] = [:], _ body: (HeapProgram) async throws -> Void
    ) async throws {
        try await Scratch.with { folder in
            let file = folder.appending("program.c")
            try Files.write(beginning + source, to: file)
            let program = folder.appending("program").string
            // Without builtins the compiler leaves memory alone that nobody reads.
            _ = try await SubprocessRunner().output(
                of: Command(
                    "gcc",
                    ["-O1", "-fno-builtin", "-pthread", "-w", "-o", program, file.string] + flags),
                purpose: "compile a test's program")
            let command = Command(
                program, [folder.string] + arguments, environment: environment)
            try await whileRunning(command) {
                let number = Processes.number
                let pid = folder.appending("ready")
                try #require(try await eventually { number(pid) != nil })
                let process = Int32(try #require(number(pid)))
                try await body(HeapProgram(folder: folder, process: process))
            }
        }
    }

    func map() throws -> ProcessMap { try LiveMapper(process: process).map() }

    /// The heap, which must be one of glibc's and hold together.
    func heap() throws -> GlibcHeap { try Self.heap(of: map()) }

    static func heap(of map: ProcessMap) throws -> GlibcHeap {
        guard case .glibc(let heap) = map.heap else {
            throw MapUnavailable("\(map.heap)")
        }
        return heap
    }

    /// Tells the program to do something, and waits for the number it answers.
    func ask(_ word: String) async throws -> Int {
        try Files.write("", to: folder.appending(word))
        let answer = folder.appending("\(word)-done")
        try #require(
            try await eventually { Processes.number(in: answer) != nil })
        return try #require(Processes.number(in: answer))
    }

    /// What malloc_info(3) said when the heap was ready.
    func mallocInfo() throws -> MallocInfo {
        try MallocInfo(Files.readText(folder.appending("info.xml")))
    }

    /// What every program can say, without malloc.
    private static let beginning = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <malloc.h>
        #include <pthread.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <unistd.h>

        static void say(const char *name, long number)
        {
            char text[32], part[64];
            int length = snprintf(text, sizeof text, "%ld\\n", number);
            snprintf(part, sizeof part, "%s.part", name);
            int file = open(part, O_CREAT | O_WRONLY | O_TRUNC, 0644);
            write(file, text, length);
            close(file);
            rename(part, name);
        }

        static void wait_for(const char *name)
        {
            while (access(name, F_OK) != 0) usleep(2000);
        }

        /* Bytes in memory that belong to no file: calling a function may bring code in. */
        static long resident(void)
        {
            char text[4096];
            int file = open("/proc/self/smaps_rollup", O_RDONLY);
            ssize_t length = read(file, text, sizeof text - 1);
            close(file);
            text[length > 0 ? length : 0] = 0;
            char *line = strstr(text, "Anonymous:");
            return line ? strtol(line + 10, NULL, 10) * 1024 : 0;
        }

        /* Says that the heap stands, with malloc's own account of it, and waits to trim it. */
        static void ready(void)
        {
            static char buffer[1 << 16];
            FILE *info = fopen("info.xml", "w");
            setvbuf(info, buffer, _IOFBF, sizeof buffer);
            malloc_info(0, info);
            fflush(info);
            say("ready", getpid());
            wait_for("trim");
            long before = resident();
            malloc_trim(0);
            say("trim-done", before - resident());
            wait_for("end");
        }

        /* xorshift64: the same heap every time. */
        static unsigned long next(unsigned long *state)
        {
            *state ^= *state << 13;
            *state ^= *state >> 7;
            *state ^= *state << 17;
            return *state;
        }

        """
}

/// The figures of malloc_info(3) that can be compared, by arena.
struct MallocInfo {
    struct Arena {
        let system: UInt64
        /// Free bytes with the top chunk.
        let rest: UInt64
        let fast: UInt64
        let fastCount: Int
    }

    let arenas: [Arena]
    let mappedCount: Int
    let mappedBytes: UInt64

    init(_ text: String) throws {
        let parts = text.split(separator: "<heap nr=").dropFirst()
        func number(_ pattern: Regex<(Substring, Substring)>, _ part: Substring) throws -> UInt64 {
            try #require(try pattern.firstMatch(in: part).flatMap { UInt64($0.1) })
        }
        arenas = try parts.map { part in
            Arena(
                system: try number(/<system type="current" size="([0-9]+)"/, part),
                rest: try number(/<total type="rest" count="[0-9]+" size="([0-9]+)"/, part),
                fast: try number(/<total type="fast" count="[0-9]+" size="([0-9]+)"/, part),
                fastCount: Int(try number(/<total type="fast" count="([0-9]+)"/, part)))
        }
        let end = try #require(text.split(separator: "</heap>").last)
        mappedCount = Int(try number(/<total type="mmap" count="([0-9]+)"/, end))
        mappedBytes = try number(/<total type="mmap" count="[0-9]+" size="([0-9]+)"/, end)
    }
}

/// Whether two numbers differ by no more than a share of the larger one.
func areClose(_ a: UInt64, _ b: UInt64, within share: Double) -> Bool {
    Double(max(a, b) - min(a, b)) <= Double(max(a, b)) * share
}
