import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

/// Files in a project that are no part of it, or no files.
@Suite struct ForeignFileTests {
    private func complaint(
        _ spoil: (CLIFixture) throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        var complaint = ""
        try await CLIFixture.with { fixture in
            try spoil(fixture)
            let result = try await fixture.run("lint")
            #expect(result.ending == .exited(64), sourceLocation: sourceLocation)
            #expect(result.standardOutput.isEmpty, sourceLocation: sourceLocation)
            complaint = result.standardError
        }
        return complaint
    }

    private func link(_ path: String, to target: String, in fixture: CLIFixture) throws {
        let place = fixture.project.pushing(FilePath(path)).string
        try? FileManager.default.removeItem(atPath: place)
        try FileManager.default.createSymbolicLink(
            atPath: place, withDestinationPath: target)
    }

    @Test(arguments: [
        "Recipes/variants/trim.yaml", "Recipes/smoke", "Recipes", "Patches", "lapidary.yaml",
        "Patches/ruby-3.3/series",
    ])
    func linksAreNamedAndNotFollowed(path: String) async throws {
        let secret = "root-secret-of-the-test"
        try await Scratch.with { folder in
            let outside = folder.appending("outside")
            try Files.write("\(secret): x\n", to: outside)
            let text = try await complaint { try link(path, to: outside.string, in: $0) }
            if path != "Recipes" {
                #expect(
                    text.contains(
                        "\(path):1:1: error: this is a symbolic link;"
                            + " a project is made of files of its own"), "\(text)")
            }
            #expect(!text.contains(secret))
        }
    }

    @Test func theFolderOfRecipesMayBeNoLink() async throws {
        try await CLIFixture.with { fixture in
            try Files.move(
                fixture.project.appending("Recipes"), to: fixture.folder.appending("elsewhere"))
            try link("Recipes", to: fixture.folder.appending("elsewhere").string, in: fixture)
            let result = try await fixture.run("lint")
            #expect(result.ending == .exited(64))
            #expect(result.standardError.contains("Recipes:1:1: error: this is a symbolic link;"))
        }
    }

    @Test func pipesAreNotRead() async throws {
        let text = try await complaint { fixture in
            let path = fixture.project.pushing("Recipes/variants/pipe.yaml").string
            #expect(mkfifo(path, 0o600) == 0)
        }
        #expect(text.contains("Recipes/variants/pipe.yaml:1:1: error: this is no plain file"))
    }

    @Test func hugeFilesAreNotRead() async throws {
        let text = try await complaint { fixture in
            let path = fixture.project.pushing("Recipes/variants/huge.yaml").string
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            // Sparse: it takes no disk, and would take all memory.
            #expect(truncate(path, 1 << 40) == 0)
        }
        #expect(
            text.contains("Recipes/variants/huge.yaml:1:1: error: the file is larger than 16 MiB"))
    }

    @Test func whatEditorsLeaveDoesNoHarm() async throws {
        try await CLIFixture.with { fixture in
            try link("Recipes/variants/.#trim.yaml", to: "user@host.123", in: fixture)
            let result = try await fixture.run("lint")
            #expect(result.ending == .exited(0), "\(result.standardError)")
        }
    }
}
