import Diagnostics
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// Archives that would fill the disk or the memory, and files that are no archives.
extension ArchiveGuardTests {
    /// Packs bytes as a program of the machine does.
    private func packed(_ bytes: [UInt8], with program: String) async throws -> [UInt8] {
        try await Scratch.with { folder in
            let file = folder.appending("file")
            try Files.write(bytes, to: file)
            _ = try await SubprocessRunner().output(
                of: Command(program, ["-1", "--suffix=.packed", file.string]),
                purpose: "pack the archive")
            return try Files.readBytes(folder.appending("file.packed"))
        }
    }

    @Test func tooManyBytesAreRefusedByWhatTheHeadersSay() async throws {
        var tar = TarWriter()
        tar.add("ruby/zeros", claiming: 2_000_000_001)
        // Nothing of it needs to be there: the entry is met before its bytes are read.
        try await expect(tar.bytes, isRefused: "it holds more than 2000000000 bytes")
    }

    @Test(arguments: ["gzip", "xz"])
    func compressionBombsAreRefusedWithoutBeingWrittenOut(program: String) async throws {
        var tar = TarWriter()
        tar.add("ruby/zeros", body: [UInt8](repeating: 0, count: 40_000_000))
        let bomb = try await packed(tar.archive, with: program)
        #expect(bomb.count < 400_000)
        try await expect(
            bomb, isRefused: "it holds more than 39000000 bytes",
            limits: ArchiveLimits(bytes: 39_000_000))
        try await expect(bomb, isRefused: nil, limits: ArchiveLimits(bytes: 41_000_000))
    }

    @Test func aListingOfManyFilesIsCounted() async throws {
        let entries = (1...100).map { Entry(name: "ruby/file\($0)") }
        try await expect(
            Self.archive(entries), isRefused: "it has more than 102 entries",
            limits: ArchiveLimits(entries: 102))
        try await expect(
            Self.archive(entries), isRefused: nil, limits: ArchiveLimits(entries: 103))
    }

    @Test func aNameOfManyBytesDoesNotFillTheMemory() async throws {
        // A GNU long name (type `L`) of 3 GB, which tar wants to hold in memory at once.
        var tar = TarWriter()
        tar.add("././@LongLink", "L", claiming: 3_000_000_000)
        try await ExecutionFixture.with { fixture in
            let failure = try await refusal(of: tar.bytes, in: fixture)
            #expect(failure?.message.contains("tar cannot read it (") == true)
        }
    }

    enum NoArchive: CaseIterable {
        case text, nothing, zeros

        var bytes: [UInt8] {
            switch self {
            case .text: Array("no archive at all\n".utf8)
            case .nothing: []
            case .zeros: [UInt8](repeating: 0, count: 10240)
            }
        }
    }

    @Test(arguments: NoArchive.allCases)
    func whatIsNoArchiveIsRefused(file: NoArchive) async throws {
        try await ExecutionFixture.with { fixture in
            let message = try await refusal(of: file.bytes, in: fixture)?.message ?? ""
            #expect(
                message.contains("is refused: tar cannot read it (tar: ")
                    || message.hasSuffix("is refused: it holds nothing"), "\(message)")
        }
    }

    @Test func aTruncatedArchiveIsRefused() async throws {
        let archive = Self.archive([])
        try await ExecutionFixture.with { fixture in
            let message = try await refusal(of: Array(archive[..<1300]), in: fixture)?.message
            #expect(message?.contains("is refused: tar cannot read it (tar: ") == true)
        }
    }
}
