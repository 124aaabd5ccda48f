import Diagnostics
import Foundation
import Testing

@testable import Recipe

/// The recipes of this very project.
@Suite struct OwnRecipesTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func files() throws -> [ProjectFile] {
        try ["Recipes", "Patches"].flatMap { folder in
            try FileManager.default.subpathsOfDirectory(
                atPath: root.appending(path: folder).path
            ).compactMap { name -> ProjectFile? in
                let url = root.appending(path: folder).appending(path: name)
                guard !url.hasDirectoryPath, let data = try? Data(contentsOf: url) else {
                    return nil
                }
                return ProjectFile(path: "\(folder)/\(name)", bytes: Array(data))
            }
        }
    }

    @Test func haveNoProblems() throws {
        #expect(Catalog.lint(files: try Self.files()).map(\.description) == [])
    }

    @Test func sayWhatIsBuilt() throws {
        let catalog = try Catalog.load(files: Self.files())
        let host = HostPlatform(suite: "bookworm", architecture: .amd64)
        let cells = try catalog.cells(
            for: [Selection.parse("3.3")], project: .default, host: host)
        #expect(
            cells.map(\.description)
                == ["3.3.8@plain:bookworm/amd64", "3.3.8@trim:bookworm/amd64"])
        let trim = try #require(cells.last)
        #expect(trim.release.sourceDateEpoch == 1_744_156_800)
        #expect(trim.release.source.fileName == "ruby3.3_3.3.8.orig.tar.xz")
        #expect(
            catalog.patches(series: trim.series, variant: trim.variant).map(\.path)
                == ["Patches/ruby-3.3/0001-malloc-trim-after-major-gc.patch"])
        let checks = catalog.smoke.checks(for: trim.variant).map(\.name)
        #expect(checks.first == "install")
        #expect(checks.contains("malloc-trim"))
        #expect(checks.last == "purge")
        #expect(trim.variant.mallocTrim)
    }

    @Test func keepTheArgumentsOfConfigureAsWritten() throws {
        let catalog = try Catalog.load(files: Self.files())
        let configure = try #require(catalog.series.first).configure
        #expect(configure.contains("EGREP=/bin/grep -E"))
        #expect(configure.contains("XLDFLAGS=-Wl,-rpath,'$${ORIGIN}/../lib'"))
    }
}
