import Diagnostics
import Foundation
import SystemPackage

/// Maps a process that runs, from outside.
package struct LiveMapper: Sendable {
    private let files: ProcessFiles
    private let fineness: Fineness
    /// How often a process is looked at that is caught in the middle of malloc.
    private static let mostLooks = 120
    /// After so many looks a locked arena is read all the same: its thread may sit there for long,
    /// and what is found has to hold together anyway.
    private static let looksForUnlocked = 100

    package init(process: Int32, fineness: Fineness = .cells) {
        files = ProcessFiles(process: process)
        self.fineness = fineness
    }

    /// Stops the process, reads its heap, and lets it go on.
    ///
    /// - Throws: `Failure` of kind `usage` when there is no such process, of kind `environment`
    ///   when it may not be read.
    package func map() throws -> ProcessMap { try map(besides: []) }

    /// As `map()`; the caller has stopped some threads already.
    func map(besides others: Set<Int32>) throws -> ProcessMap {
        let status = try running()
        let obstacle = try obstacle(status)
        let memory = try opened()
        // The library cannot change any more; reading its file need not make the process wait.
        let version = version(in: MemoryMapping.parse((try? files.text("maps")) ?? ""))
        var total = Duration.zero
        for number in 1... {
            let (seen, duration) = try stopped(status, besides: others) {
                try look(
                    memory, version, obstacle, toleratesLocks: number > Self.looksForUnlocked)
            }
            total += duration
            if case .failure(let failure) = seen.heap, failure.mayPass, number < Self.mostLooks {
                try Task.checkCancellation()
                // Not in step with what the process does.
                usleep(UInt32.random(in: 500...5000))
                continue
            }
            return ProcessMap(
                files, status, seen.look, pageSize: memory.pageSize, stopped: duration,
                stoppedInAll: total, looks: number, heap: Self.verdict(seen))
        }
        throw CancellationError()
    }

    private struct Seen {
        let look: Look
        let heap: Result<GlibcHeap?, MapUnavailable>
    }

    /// What is done while the process stands still.
    private func look(
        _ memory: LiveMemory, _ version: GlibcVersion?, _ obstacle: String?, toleratesLocks: Bool
    ) throws -> Seen {
        if obstacle == nil, !toleratesLocks {
            // This is quick, so a process that cannot be read now goes on at once.
            let mappings = MemoryMapping.parse(try files.text("maps"))
            let reader = GlibcHeapReader(memory, mappings: mappings, version: version)
            if reader.hasLockedArena() {
                let reason = "a thread is in the middle of malloc or free"
                return Seen(
                    look: Look(mappings: mappings, stackPointers: []),
                    heap: .failure(MapUnavailable(reason, mayPass: true)))
            }
        }
        var look = Look(
            mappings: MemoryMapping.parse(try files.text("smaps")),
            stackPointers: files.stackPointers())
        if let obstacle { return Seen(look: look, heap: .failure(MapUnavailable(obstacle))) }
        let heap = Result { () throws(MapUnavailable) in
            try GlibcHeapReader(
                memory, mappings: look.mappings, version: version, fineness: fineness
            ).read()
        }
        if case .failure(let failure) = heap, failure.mayPass {
            return Seen(look: look, heap: heap)
        }
        // Ruby's pages are a help; what keeps them from being read is no reason to show nothing.
        look.ruby = try? RubyPageFinder(reader: memory, mappings: look.mappings).find()
        return Seen(look: look, heap: heap)
    }

    private static func verdict(_ seen: Seen) -> ProcessMap.Heap {
        let allocator = seen.look.allocators.first
        switch seen.heap {
        case .success(let heap?) where heap.system > 0: return .glibc(heap)
        case .success:
            if let allocator {
                return .foreign(
                    reason: "\(allocator) has the heap, and its records cannot be read from"
                        + " outside: regions only, without its totals")
            }
            if seen.look.hasMusl {
                return .unavailable(reason: "its C library is musl, not glibc")
            }
            return .unavailable(reason: "no heap of glibc's malloc was found in it")
        case .failure(let failure): return .unavailable(reason: failure.reason)
        }
    }

    private func running() throws -> ProcessStatus {
        let status: ProcessStatus?
        do throws(Errno) {
            status = try files.status()
        } catch {
            throw refused(error, nil)
        }
        guard let status else {
            throw Failure(.usage, "there is no process \(files.process)")
        }
        guard !status.hasEnded else {
            throw Failure(
                .environment,
                "map unavailable: process \(files.process) (\(status.name)) has ended, and its"
                    + " memory is gone",
                hint: "`lapidary heapmap -- COMMAND` maps a program just before it ends")
        }
        guard status.resident != nil else {
            throw Failure(
                .environment,
                "map unavailable: process \(files.process) (\(status.name)) is the kernel's own and"
                    + " has no memory")
        }
        return status
    }

    /// Why this kind of program has no heap that can be read; nil when it may have.
    private func obstacle(_ status: ProcessStatus) throws -> String? {
        let header: [UInt8]
        do throws(Errno) {
            header = try files.bytes("exe", atMost: 1)
        } catch {
            throw refused(error, status)
        }
        // EI_CLASS of elf(5): 1 for 32 bits.
        guard header.starts(with: [0x7f, 0x45, 0x4c, 0x46]), header.count > 4 else { return nil }
        return header[4] == 1 ? "it is a 32-bit program" : nil
    }

    private func opened() throws -> LiveMemory {
        do throws(Errno) {
            return try LiveMemory(files)
        } catch {
            throw refused(error, try? files.status())
        }
    }

    private func stopped<Value>(
        _ status: ProcessStatus, besides others: Set<Int32>, _ body: () throws -> Value
    ) throws -> (Value, Duration) {
        do {
            return try ThreadStop.during(files, besides: others, body)
        } catch let problem as ThreadStop.Problem {
            switch problem {
            case .refused(let reason): throw refused(reason, status)
            case .gone: throw ended(status)
            case .stuck(let thread):
                throw Failure(
                    .environment,
                    "map unavailable: thread \(thread) of process \(files.process) did not stop;"
                        + " it sits in the kernel",
                    hint: "try again when it has gone on; `ps -o stat,wchan -p \(thread)` tells"
                        + " what it waits for")
            }
        } catch let error as Errno {
            if error == .noSuchProcess || error == .noSuchFileOrDirectory { throw ended(status) }
            throw refused(error, status)
        }
    }

    private func ended(_ status: ProcessStatus) -> Failure {
        Failure(
            .environment,
            "map unavailable: process \(files.process) (\(status.name)) ended while it was mapped")
    }

    private func refused(_ reason: Errno, _ status: ProcessStatus?) -> Failure {
        let name = status.map { " (\($0.name))" } ?? ""
        let sentence = "may not read the memory of process \(files.process)\(name)"
        if let tracer = status?.tracer, tracer != 0 {
            return Failure(
                .environment, "\(sentence): process \(tracer) traces it",
                hint: "end that debugger or tracer first")
        }
        if files.process == getpid() {
            return Failure(.usage, "\(sentence): lapidary cannot stop itself")
        }
        if let user = status?.user, user != getuid(), getuid() != 0 {
            return Failure(
                .environment, "\(sentence): it belongs to user \(user)",
                hint: "run lapidary as that user or as root")
        }
        let yama = try? String(
            contentsOfFile: "/proc/sys/kernel/yama/ptrace_scope", encoding: .utf8)
        let scope = yama.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
        if scope > 0, getuid() != 0 {
            return Failure(
                .environment,
                "\(sentence): Yama lets only its parent do that (ptrace_scope \(scope))",
                hint: "run as root, or start the program by `lapidary heapmap -- COMMAND`")
        }
        return Failure(
            .environment, "\(sentence): \(reason)",
            hint: "in a container it takes the capability SYS_PTRACE; otherwise run as root")
    }

    /// What the C library names itself, read from its file as the process sees it.
    private func version(in mappings: [MemoryMapping]) -> GlibcVersion? {
        let library = mappings.first { mapping in
            mapping.fileName.wholeMatch(of: /libc(\.so\.6|-2\.[0-9]+\.so)/) != nil
        }
        guard let library, let bytes = try? files.bytes("root\(library.name)", atMost: 16 << 20)
        else { return nil }
        return GlibcVersion(banner: bytes)
    }
}
