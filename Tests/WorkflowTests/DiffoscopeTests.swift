import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Workflow

@Suite struct DiffoscopeTests {
    private func deb(_ text: String, in folder: FilePath) async throws -> FilePath {
        let tree = folder.appending("tree")
        try Files.createDirectory(tree.appending("DEBIAN"))
        try Files.createDirectory(tree.pushing("opt"))
        try Files.write(
            "Package: odd\nVersion: 1\nArchitecture: all\nMaintainer: A <a@b.invalid>\n"
                + "Description: odd\n", to: tree.pushing("DEBIAN/control"))
        try Files.write(text, to: tree.pushing("opt/when"))
        _ = try await SubprocessRunner().output(
            of: Command(
                "dpkg-deb", ["--root-owner-group", "--build", tree.string, "odd.deb"],
                environment: ["SOURCE_DATE_EPOCH": "0"], workingDirectory: folder),
            purpose: "make a package")
        return folder.appending("odd.deb")
    }

    @Test func itNamesTheFileAndWhatChangedInIt() async throws {
        try await Scratch.with { folder in
            let usual = folder.appending("usual")
            let rebuilt = folder.appending("rebuilt")
            for path in [usual, rebuilt] { try Files.createDirectory(path) }
            let excerpt = await Diffoscope(runner: SubprocessRunner()).excerpt(
                try await deb("made today\n", in: usual),
                try await deb("made tomorrow\n", in: rebuilt))
            let text = excerpt.joined(separator: "\n")
            #expect(text.contains("opt/when"), "\(text)")
            #expect(text.contains("-made today"), "\(text)")
            #expect(text.contains("+made tomorrow"), "\(text)")
            #expect(excerpt.count <= 61)
        }
    }

    @Test func aLongDifferenceIsCutShort() async throws {
        try await Scratch.with { folder in
            let usual = folder.appending("usual")
            let rebuilt = folder.appending("rebuilt")
            for path in [usual, rebuilt] { try Files.createDirectory(path) }
            func text(_ word: String) -> String {
                (1...5000).map { "\(word) \($0) \(String(repeating: "x", count: 300))\n" }.joined()
            }
            let excerpt = await Diffoscope(runner: SubprocessRunner()).excerpt(
                try await deb(text("a"), in: usual), try await deb(text("b"), in: rebuilt))
            #expect(excerpt.count <= 61)
            #expect(excerpt.allSatisfy { $0.count <= 200 })
            #expect(excerpt.contains { $0.contains("opt/when") })
        }
    }
}
