import Foundation
import Testing

@testable import Measurement

@Suite struct ProcTests {
    static let rollup = """
        55d4a2000000-7ffc00000000 ---p 00000000 00:00 0                          [rollup]
        Rss:              413500 kB
        Pss:              411234 kB
        Pss_Dirty:        400000 kB
        Pss_Anon:         405400 kB
        Pss_File:           5834 kB
        Pss_Shmem:             0 kB
        Shared_Clean:       3000 kB
        Shared_Dirty:          0 kB
        Private_Clean:      2500 kB
        Private_Dirty:    405400 kB
        Referenced:       413500 kB
        Anonymous:        405404 kB
        LazyFree:             12 kB
        AnonHugePages:         0 kB
        Swap:                  4 kB
        SwapPss:               4 kB
        """

    @Test func aRollupBecomesBytes() throws {
        let figures = try #require(
            MemoryFigures(rollup: Self.rollup, status: "Name:\truby\nVmHWM:\t  420000 kB\n", t: 7))
        #expect(figures.t == 7)
        #expect(figures.rss == 413_500 * 1024)
        #expect(figures.pssAnonymous == Int64(405_400 * 1024))
        #expect(figures.private == 407_900 * 1024)
        #expect(figures.privateDirty == 405_400 * 1024)
        #expect(figures.lazyFree == Int64(12 * 1024))
        #expect(figures.swap == 4 * 1024)
        #expect(figures.peak == Int64(420_000 * 1024))
    }

    @Test func whatAnOlderKernelDoesNotTellIsMissing() throws {
        let text = Self.rollup.split(separator: "\n").filter { !$0.hasPrefix("Pss_") }
            .joined(separator: "\n")
        let figures = try #require(MemoryFigures(rollup: text, status: "", t: 0))
        #expect(figures.pssAnonymous == nil)
        #expect(figures.anonymous == 405_404 * 1024)
        #expect(figures.peak == nil)
        #expect(MemoryFigures(rollup: "", status: "", t: 0) == nil)
    }

    @Test func aSampleIsPagesTimesTheirSize() throws {
        let sample = try #require(
            MemorySample(statm: "2000 300 40 1 0 500 0\n", pageSize: 4096, t: 1.5))
        #expect(sample.size == 2000 * 4096)
        #expect(sample.rss == 300 * 4096)
        #expect(sample.shared == 40 * 4096)
        // A process that has ended and is still listed.
        #expect(MemorySample(statm: "0 0 0 0 0 0 0\n", pageSize: 4096, t: 0) == nil)
    }

    @Test func thisProcessCanBeRead() throws {
        let memory = ProcessMemory(process: getpid())
        let figures = try #require(memory.figures(t: 0))
        let sample = try #require(memory.sample(t: 0))
        #expect(figures.anonymous > 0)
        #expect(figures.anonymous <= figures.rss)
        #expect((figures.peak ?? 0) >= figures.privateDirty)
        #expect(sample.rss > 0)
    }

    @Test func theMachineHasAFingerprint() {
        let machine = MachineFingerprint.current()
        #expect(machine.processors > 0)
        #expect(machine.pageSize >= 4096)
        #expect(!machine.kernel.isEmpty && !machine.architecture.isEmpty)
        #expect(MachineFingerprint.chosen("always [madvise] never\n") == "madvise")
    }

    @Test func whatTunesAllocatorsAndRubyIsForeign() {
        let names = MachineFingerprint.foreignVariables(
            in: [
                "PATH": "", "MALLOC_ARENA_MAX": "2", "GLIBC_TUNABLES": "", "LD_PRELOAD": "",
                "RUBYOPT": "", "RUBY_GC_HEAP_GROWTH_FACTOR": "", "GEM_HOME": "", "HOME": "",
            ])
        #expect(
            names == [
                "GLIBC_TUNABLES", "LD_PRELOAD", "MALLOC_ARENA_MAX", "RUBYOPT",
                "RUBY_GC_HEAP_GROWTH_FACTOR",
            ])
    }

    /// As glibc 2.36 prints it; 2.43 has no totals of fastbins.
    @Test(arguments: [true, false])
    func mallocInfoIsSummedUpByItself(hasFastbins: Bool) throws {
        let fast = hasFastbins ? "<total type=\"fast\" count=\"4\" size=\"160\"/>\n" : ""
        let xml = """
            <malloc version="1">
            <heap nr="0">
            <sizes>
            </sizes>
            <total type="rest" count="9" size="111"/>
            <system type="current" size="135168"/>
            </heap>
            <heap nr="1">
            <total type="rest" count="9" size="222"/>
            </heap>
            \(fast)<total type="rest" count="18" size="396500"/>
            <total type="mmap" count="3" size="4096000"/>
            <system type="current" size="414100"/>
            <system type="max" size="500000"/>
            <aspace type="total" size="414100"/>
            </malloc>
            """
        let totals = try #require(GlibcTotals(mallocInfo: xml))
        #expect(totals.arenas == 2)
        #expect(totals.free == 396_500)
        #expect(totals.system == 414_100)
        #expect(totals.systemPeak == 500_000)
        #expect(totals.fast == (hasFastbins ? 160 : nil))
        #expect(totals.mapped == 4_096_000)
        #expect(totals.mappedCount == 3)
        #expect(GlibcTotals(mallocInfo: "<malloc>") == nil)
    }

    @Test(arguments: [
        ("begin 12 5000000000", ProgramEvent.begin(process: 12, at: 5_000_000_000)),
        ("phase 7 two words", .phase(at: 7, name: "two words")),
        ("quiet 9 3", .quiet(at: 9, cpu: 3, live: nil)),
        ("quiet 9 3 77", .quiet(at: 9, cpu: 3, live: 77)),
        ("collected", .collected), ("reported", .reported),
    ])
    func aProgramSaysOneThingALine(line: String, event: ProgramEvent) {
        #expect(ProgramEvent(line: line) == event)
    }

    @Test(arguments: ["", "begin", "begin x 1", "begin 1 x", "quiet 9", "collected now", "rm -r"])
    func anythingElseIsNoEvent(line: String) {
        #expect(ProgramEvent(line: line) == nil)
    }

    @Test func linesComeInPieces() {
        var buffer = LineBuffer()
        #expect(buffer.add(Array("col".utf8)) == [])
        #expect(buffer.add(Array("lected\nrep".utf8)) == ["collected"])
        #expect(buffer.add(Array("orted\n\n".utf8)) == ["reported", ""])
    }
}
