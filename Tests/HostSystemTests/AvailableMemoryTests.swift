import HostSystem
import SystemPackage
import TestSupport
import Testing

struct AvailableMemoryTests {
    private static func bytes(
        _ machine: String?, limit: String? = nil, used: String = "400\n"
    ) async throws -> Int64 {
        try await Scratch.with { folder in
            let file = folder.appending("meminfo")
            if let machine { try Files.write(machine, to: file) }
            if let limit {
                try Files.write(limit, to: folder.appending("memory.max"))
                try Files.write(used, to: folder.appending("memory.current"))
            }
            return AvailableMemory.bytes(machine: file, groups: folder)
        }
    }

    private static let machine = "MemTotal:  100 kB\nMemFree: 1 kB\nMemAvailable:      50 kB\n"

    @Test func theKernelSaysWhatCanBeHadWithoutSwapping() async throws {
        #expect(try await Self.bytes(Self.machine) == 51_200)
    }

    @Test func aControlGroupMayAllowLess() async throws {
        #expect(try await Self.bytes(Self.machine, limit: "1000\n") == 600)
        #expect(try await Self.bytes(Self.machine, limit: "max\n") == 51_200)
        #expect(try await Self.bytes(Self.machine, limit: "100\n") == 0)
    }

    @Test func whereNobodySaysThereIsNoLimit() async throws {
        #expect(try await Self.bytes(nil) == .max)
    }

    @Test func thisMachineSays() {
        #expect(AvailableMemory.bytes() > 1_000_000)
        #expect(AvailableMemory.bytes() < .max)
    }
}
