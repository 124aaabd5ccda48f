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
        let variants = ["plain", "jemalloc", "mimalloc", "tcmalloc", "trim"]
        #expect(cells.map(\.description) == variants.map { "3.3.8@\($0):bookworm/amd64" })
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

    /// A variant that nothing is promised of would pass the gate whatever it does.
    @Test func everyVariantHasMemoryLimitsOfItsOwn() throws {
        let catalog = try Catalog.load(files: Self.files())
        let gates = try #require(catalog.gates)
        #expect(catalog.smoke.checks.contains { $0.name == "memory" && !$0.extra })
        for variant in catalog.variants {
            let rows = gates.rows.filter { $0.variants?.contains(variant.name) == true }
            #expect(rows.contains { $0.atLeast != nil || $0.atMost != nil }, "\(variant.name)")
        }
        for series in catalog.series where series.releases.contains(where: \.verified) {
            let boot = gates.rows.filter {
                $0.name == "boot" && $0.series?.contains(series.series) == true
            }
            #expect(boot.count == 1, "\(series.series)")
        }
    }

    /// A series whose releases nobody has built here is there for those who ask for it.
    @Test func unverifiedSeriesAreBuiltOnRequestOnly() throws {
        let catalog = try Catalog.load(files: Self.files())
        let host = HostPlatform(suite: "bookworm", architecture: .amd64)
        func cells(_ text: String, _ allowed: Bool) throws -> [String] {
            try catalog.cells(
                for: [Selection.parse(text)], project: .default, host: host,
                allowsUnverified: allowed
            ).map(\.description)
        }
        for series in ["3.2", "4.0"] {
            #expect(throws: Failure.self) { try cells(series, false) }
            #expect(try cells(series, true).count == catalog.variants.count)
        }
        let known = try cells("all@plain", false)
        #expect(
            known == [
                "3.1.2@plain:bookworm/amd64", "3.3.8@plain:bookworm/amd64",
                "3.4.5@plain:bookworm/amd64",
            ])
    }

    @Test func keepTheArgumentsOfConfigureAsWritten() throws {
        let catalog = try Catalog.load(files: Self.files())
        let number = try #require(RubySeriesNumber("3.3"))
        let configure = try #require(catalog.series(number)).configure
        #expect(configure.contains("EGREP=/bin/grep -E"))
        #expect(configure.contains("XLDFLAGS=-Wl,-rpath,'$${ORIGIN}/../lib'"))
    }
}
