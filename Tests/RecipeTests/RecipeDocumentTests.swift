import Diagnostics
import Foundation
import Testing

@testable import Recipe

/// docs/recipes.md explains every key that a recipe may have.
@Suite struct RecipeDocumentTests {
    private static let document = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "docs/recipes.md")

    /// The keys of a mapping, as the message of an unknown one lists them.
    private static func keys<Value>(of form: Form<Value>) throws -> [String] {
        let problems = Problems()
        let file = ProjectFile(path: "f.yaml", bytes: Array("unheard-of: x\n".utf8))
        let root = try #require(YAMLParser.parse(file, problems))
        _ = form.read(root, "the file", problems)
        let problem = problems.all.first { $0.message.hasPrefix("unknown key") }
        let list = try #require(problem?.hint?.split(separator: "known: ").last)
        return list.split(separator: ", ").map(String.init)
    }

    @Test func hasEveryKey() throws {
        let document = try String(contentsOf: Self.document, encoding: .utf8)
        let keys =
            try Self.keys(of: Project.form) + Self.keys(of: RubySeries.form)
            + Self.keys(of: RubyRelease.form) + Self.keys(of: UpstreamSource.form)
            + Self.keys(of: DebianSource.form) + Self.keys(of: RubyTests.form)
            + Self.keys(of: Variant.form) + Self.keys(of: Allocator.form)
            + Self.keys(of: Suite.form) + Self.keys(of: Suite.Archive.form)
            + Self.keys(of: Suite.Flags.form) + Self.keys(of: SmokeCheck.form)
            + Self.keys(of: MemoryGates.form) + Self.keys(of: MemoryGates.Trial.form)
            + Self.keys(of: MemoryGates.Row.form)
        #expect(keys.count > 80)
        #expect(keys.filter { !document.contains("`\($0)`") } == [])
    }
}
