import Testing

@testable import HeapMap

/// Texts and tables of the kernel.
@Suite struct ProcTests {
    @Test func mapsAreParsedWithTheirFigures() {
        let mappings = MemoryMapping.parse(
            """
            55d0f0a00000-55d0f0a21000 rw-p 00000000 00:00 0                          [heap]
            Size:                132 kB
            Rss:                  16 kB
            Pss:                   8 kB
            Anonymous:            12 kB
            Swap:                  4 kB
            VmFlags: rd wr mr mw me ac sd
            7f0000000000-7f0000001000 r--p 00001000 08:01 123 /usr/lib/a file (deleted)
            Rss:                   4 kB
            7f0000001000-7f0000002000 rw-s 00000000 00:01 9 /dev/shm/x
            ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]
            """)
        #expect(mappings.count == 4)
        #expect(mappings[0].range == 0x55d0_f0a0_0000..<0x55d0_f0a2_1000)
        #expect(mappings[0].name == "[heap]")
        #expect(mappings[0].isAnonymous && mappings[0].isWritable && mappings[0].isPrivate)
        #expect(mappings[0].resident == 16 << 10)
        #expect(mappings[0].proportional == 8 << 10)
        #expect(mappings[0].anonymous == 12 << 10)
        #expect(mappings[0].swapped == 4 << 10)
        #expect(mappings[1].name == "/usr/lib/a file (deleted)")
        #expect(!mappings[1].isAnonymous && !mappings[1].isWritable)
        #expect(!mappings[2].isPrivate)
        #expect(!mappings[3].isReadable)
    }

    @Test(arguments: ["", "x", "1-2 rw-p 0 0", "2-1 rw-p 0 00:00 0", "1-2 rw 0 00:00 0", "-"])
    func whatIsNoMappingIsLeftOut(line: String) {
        #expect(MemoryMapping(line: line[...]) == nil)
    }

    @Test func pagesAreCountedWhole() {
        let present: UInt64 = 1 << 63
        let swapped: UInt64 = 1 << 62
        let states = PageStates(
            entries: [present, 0, swapped, present | 5, present], start: 0x10000, pageSize: 4096)
        #expect(states.residentBytes(from: 0x10000, to: 0x15000) == 3 * 4096)
        #expect(states.residentBytes(from: 0x10001, to: 0x14fff) == 4096)
        #expect(states.swappedBytes(from: 0, to: .max) == 4096)
        #expect(states.residentBytes(from: 0x12000, to: 0x11000) == 0)
        #expect(states.isReadable(0x12fff))
        #expect(!states.isReadable(0x11000))
        #expect(!states.isReadable(0x15000))
        #expect(states.readableEnd(from: 0x12010, limit: .max) == 0x15000)
        #expect(states.readableEnd(from: 0x12010, limit: 0x12020) == 0x12020)
        #expect(states.readableEnd(from: 0x11010, limit: .max) == 0x11010)
    }

    @Test func theBannerTellsTheVersion() {
        let debian =
            "\u{0}GNU C Library (Debian GLIBC 2.36-9+deb12u10) stable release version 2.36.\n"
        #expect(GlibcVersion(banner: Array(debian.utf8)) == GlibcVersion(2, 36))
        let development =
            "x GNU C Library (GNU libc) development release version 2.42.9000.\nCopyright"
        #expect(GlibcVersion(banner: Array(development.utf8)) == GlibcVersion(2, 42))
        for other in ["", "GNU C Library (", "musl libc (x86_64) Version 1.2.5"] {
            #expect(GlibcVersion(banner: Array(other.utf8)) == nil)
        }
    }

    @Test func theStatusTellsWhatAProcessIs() throws {
        let status = try #require(
            ProcessStatus(
                text: """
                    Name:\truby 3
                    State:\tS (sleeping)
                    TracerPid:\t12
                    Uid:\t1000\t1001\t1000\t1000
                    VmRSS:\t    2048 kB
                    Threads:\t17
                    """))
        #expect(status.name == "ruby 3")
        #expect(status.threads == 17)
        #expect(status.tracer == 12)
        #expect(status.user == 1000)
        #expect(status.resident == 2 << 20)
        #expect(!status.hasEnded)
        #expect(ProcessStatus(text: "Name:\tx\nState:\tZ (zombie)\n")?.hasEnded == true)
        #expect(ProcessStatus(text: "") == nil)
    }

    @Test(arguments: [(24, 5), (32, 5), (33, 6), (64, 6), (65, 7), (1 << 20, 20)])
    func aSizeClassEndsAtAPowerOfTwo(size: Int, number: Int) {
        #expect(SizeClass.number(of: UInt64(size)) == number)
    }

    @Test func onlyTheLargestRunsAreKept() {
        var runs: [FreeRun] = []
        for size in 1...25 {
            runs.keep(FreeRun(address: 0, bytes: UInt64(size * 7 % 26), resident: 0))
        }
        #expect(runs.map(\.bytes) == (16...25).reversed().map(UInt64.init))
    }
}
