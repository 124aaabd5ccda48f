import Diagnostics
import Digest
import HostSystem
import Planning
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// Archives that would do harm where they are unpacked, listed by tar in the real sandbox.
@Suite(.enabled(if: Programs.has("bwrap"), "SKIPPED: bubblewrap is not installed here"))
struct ArchiveGuardTests {
    /// An entry to be added to a good archive.
    struct Entry: Sendable, CustomTestStringConvertible {
        var name: String
        var type = TarWriter.file
        var target = ""
        var mode = 0o644

        var testDescription: String { target.isEmpty ? name : "\(name) -> \(target)" }
    }

    /// An archive with a folder, two files and the entries.
    static func archive(_ entries: [Entry]) -> [UInt8] {
        var tar = TarWriter()
        tar.add("ruby/", TarWriter.folder, mode: 0o755)
        tar.add("ruby/gc.c", body: Array("int main;\n".utf8))
        tar.add("ruby/lib/set.rb", mode: 0o755, body: [0x0A])
        for entry in entries {
            tar.add(entry.name, entry.type, to: entry.target, mode: entry.mode)
        }
        return tar.archive
    }

    /// Judges an archive; nil when it may be unpacked.
    func refusal(
        of archive: [UInt8], in fixture: ExecutionFixture, limits: ArchiveLimits = .init()
    ) async throws -> Failure? {
        try await Scratch.with { folder in
            let inputs = folder.appending("inputs")
            let listing = folder.appending("listing")
            for path in [inputs, listing] { try Files.createDirectory(path) }
            try Files.write(archive, to: inputs.appending("source"))
            let log = folder.appending("log")
            try Files.write("", to: log)
            let guardian = ArchiveGuard(
                run: ActionRun(
                    id: ActionID("compile it"), inputs: ["root": ExecutionFixture.root], log: log,
                    tools: fixture.executor().tools), limits: limits)
            do {
                try await guardian.check(
                    .init(path: "/inputs/source", strippedComponents: 1), inputs: inputs,
                    in: listing)
                return nil
            } catch let failure as Failure {
                return failure
            }
        }
    }

    func expect(
        _ archive: [UInt8], isRefused reason: String?, limits: ArchiveLimits = .init(),
        sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) async throws {
        try await ExecutionFixture.with { fixture in
            let failure = try await refusal(of: archive, in: fixture, limits: limits)
            #expect(
                failure?.message
                    == reason.map { "the source archive of `compile it` is refused: " + $0 },
                sourceLocation: sourceLocation)
            if reason != nil { #expect(failure?.kind == .failed, sourceLocation: sourceLocation) }
        }
    }

    @Test func namesThatClimbOutAreRefused() async throws {
        try await expect(
            Self.archive([Entry(name: "ruby/../../etc/x")]),
            isRefused: "`ruby/../../etc/x` has `..` in its name")
    }

    @Test func absoluteNamesAreRefused() async throws {
        try await expect(
            Self.archive([Entry(name: "/etc/x")]), isRefused: "`/etc/x` is an absolute name")
    }

    @Test func namesThatBecomeAbsoluteByStrippingAreRefused() async throws {
        // tar 1.34 makes `/etc/x` of it, and writes there.
        try await expect(
            Self.archive([Entry(name: "ruby//etc/x")]),
            isRefused: "`ruby//etc/x` has an empty part in its name")
    }

    @Test(arguments: ["ruby/new\nline", "ruby/bell\u{7}", "ruby/esc\u{1B}[2J", "ruby/\u{85}"])
    func namesWithControlCharactersAreRefused(name: String) async throws {
        try await ExecutionFixture.with { fixture in
            let failure = try await refusal(of: Self.archive([Entry(name: name)]), in: fixture)
            let message = failure?.message ?? ""
            #expect(
                message.hasSuffix("` has control characters, or bytes that are no text"),
                "\(message)")
            #expect(message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        }
    }

    @Test(arguments: [
        ("ruby/l", "/etc"), ("ruby/l", "../x"), ("ruby/lib/l", "../../x"),
        ("ruby/l", "lib/../../x"), ("ruby/./l", "../x"), ("ruby/l", ".."),
        // Stays inside by its letters, but `lib` could be a link to anywhere inside.
        ("ruby/l", "lib/../gc.c"),
    ])
    func linksThatLeadOutAreRefused(name: String, target: String) async throws {
        try await expect(
            Self.archive([Entry(name: name, type: TarWriter.link, target: target)]),
            isRefused: "the link `\(name)` leads out of the tree: `\(target)`")
    }

    @Test func aLinkInPlaceOfTheTopFolderIsRefused() async throws {
        try await expect(
            Self.archive([Entry(name: "other", type: TarWriter.link, target: "/etc")]),
            isRefused: "the link `other` leads out of the tree: `/etc`")
    }

    @Test(arguments: ["ruby/none", "ruby/lib/../gc.c", "/etc/passwd", "../../etc/passwd", "etc"])
    func hardLinksToAnythingElseAreRefused(target: String) async throws {
        try await ExecutionFixture.with { fixture in
            let entry = Entry(name: "ruby/h", type: TarWriter.hardLink, target: target)
            let failure = try await refusal(of: Self.archive([entry]), in: fixture)
            #expect(failure?.message.contains("`ruby/h`") == true, "\(failure?.message ?? "none")")
        }
    }

    @Test func hardLinksToLinksAreRefused() async throws {
        // At another depth the link would lead elsewhere.
        try await expect(
            Self.archive([
                Entry(name: "ruby/lib/l", type: TarWriter.link, target: "../gc.c"),
                Entry(name: "ruby/l", type: TarWriter.hardLink, target: "ruby/lib/l"),
            ]),
            isRefused: "`ruby/l` is a hard link to `ruby/lib/l`,"
                + " which is no file that stands before it")
    }

    @Test func entriesThroughALinkAreRefused() async throws {
        let link = Entry(name: "ruby/l", type: TarWriter.link, target: "lib")
        let file = Entry(name: "ruby/l/x")
        for entries in [[link, file], [file, link]] {
            try await expect(
                Self.archive(entries), isRefused: "`l/x` would be written through the link `l`")
        }
    }

    @Test func entriesInPlaceOfALinkAreRefused() async throws {
        let link = Entry(name: "ruby/l", type: TarWriter.link, target: "lib")
        try await expect(
            Self.archive([link, Entry(name: "ruby/l", type: TarWriter.folder, mode: 0o755)]),
            isRefused: "`ruby/l` is in it twice, and once as a link")
    }

    @Test(arguments: [
        (TarWriter.device, "a device"), ("4", "a device"), (TarWriter.pipe, "a named pipe"),
    ])
    func devicesAndPipesAreRefused(type: Character, what: String) async throws {
        try await expect(
            Self.archive([Entry(name: "ruby/x", type: type)]), isRefused: "`ruby/x` is \(what)")
    }

    @Test func kindsThatNoSourceHasAreRefused() async throws {
        try await expect(
            Self.archive([Entry(name: "ruby-volume", type: "V")]),
            isRefused: "`ruby-volume` is of a kind that no source has (`V`)")
    }

    @Test(arguments: [0o4755, 0o2755, 0o6644])
    func setuidAndSetgidAreRefused(mode: Int) async throws {
        try await expect(
            Self.archive([Entry(name: "ruby/x", mode: mode)]),
            isRefused: "`ruby/x` has the setuid or the setgid bit")
    }

    @Test func bytesThatAreNoTextAreRefused() async throws {
        var tar = TarWriter()
        tar.add("ruby/x??")
        let bytes = tar.archive.map { $0 == UInt8(ascii: "?") ? 0xFF : $0 }
        // The header's sum has to be that of the changed name.
        let sum = (tar.bytes[..<148] + tar.bytes[156..<512]).reduce(8 * 0x20 + 2 * (0xFF - 0x3F)) {
            $0 + Int($1)
        }
        let digits = Array(String(sum, radix: 8).utf8)
        let field = [UInt8](repeating: 0x30, count: 6 - digits.count) + digits + [0, 0x20]
        try await expect(
            Array(bytes[..<148] + field + bytes[156...]),
            isRefused: "`ruby/x\\377\\377` has control characters, or bytes that are no text")
    }

    @Test func ordinaryArchivesPass() async throws {
        try await expect(
            Self.archive([
                Entry(name: "ruby/lib/l", type: TarWriter.link, target: "../gc.c"),
                Entry(name: "ruby/lib/m", type: TarWriter.link, target: "../lib/set.rb"),
                Entry(name: "ruby/h", type: TarWriter.hardLink, target: "ruby/gc.c"),
                Entry(name: "ruby/i", type: TarWriter.hardLink, target: "ruby/h"),
                Entry(name: "ruby/gc.c"), Entry(name: "ruby/quo\"te\\ -> \"x\""),
                Entry(name: "ruby/é 日本"),
                Entry(name: "ruby/tmp", type: TarWriter.folder, mode: 0o1777),
            ]), isRefused: nil)
    }
}
