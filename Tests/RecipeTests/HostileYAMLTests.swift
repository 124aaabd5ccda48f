import Diagnostics
import Testing

@testable import Recipe

/// YAML files that nobody wrote by hand.
@Suite struct HostileYAMLTests {
    private func problems(_ text: String) -> [String] {
        let problems = Problems()
        let file = ProjectFile(path: "f.yaml", bytes: Array(text.utf8))
        _ = YAMLParser.parse(file, problems)
        return problems.sorted.map(\.description)
    }

    @Test(arguments: ["a: b\u{0}c\n", "a\u{0}: b\n", "a: \"b\u{0}\"\n", "\u{0}"])
    func bytesOfZeroAreRefused(text: String) {
        let found = problems(text)
        #expect(found.count == 1)
        #expect(found.first?.contains("control characters are not allowed") == true)
    }

    @Test func anEscapedZeroIsNoName() {
        let fixture = Fixture.good.replacing(
            "name: trixie", in: "Recipes/suites/trixie.yaml", with: "name: \"a\\0b\"")
        #expect(fixture.problems.contains { $0.contains("`name` must be a name of a-z") })
    }

    @Test func nestingUpToTheParsersLimitIsRead() {
        // On a thread of a test, whose stack is small.
        for depth in [900, 999] {
            #expect(problems(String(repeating: "- ", count: depth) + "x\n") == [])
        }
    }

    @Test(arguments: [1100, 20_000])
    func deeperNestingIsRefused(depth: Int) {
        let flow =
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "\n"
        let block = String(repeating: "- ", count: depth) + "x\n"
        for text in [flow, block] {
            let found = problems(text)
            #expect(found.count == 1)
            #expect(found.first?.contains("Maximum nesting level reached") == true)
        }
    }

    @Test func hugeScalarsAreRefused() {
        #expect(problems("a: " + String(repeating: "x", count: 10_000) + "\n") == [])
        #expect(
            problems("a: " + String(repeating: "x", count: 10_001) + "\n") == [
                "f.yaml:1:4: error: a value is longer than 10000 characters"
            ])
    }

    @Test(.timeLimit(.minutes(10)))
    func hugeKeysAreRefused() {
        #expect(
            problems("? " + String(repeating: "x", count: 101) + "\n: 1\n") == [
                "f.yaml:1:3: error: a key is longer than 100 characters"
            ])
        // Nothing is compared with it, nor printed.
        #expect(
            problems("? " + String(repeating: "x", count: 100_000) + "\n: 1\n") == [
                "f.yaml:1:3: error: a value is longer than 10000 characters"
            ])
    }

    @Test(.timeLimit(.minutes(10)))
    func countlessValuesAreRefusedWithOneSentence() {
        let list = "variants: [" + String(repeating: "a, ", count: 50_000) + "a]\n"
        #expect(
            Fixture.good.with("lapidary.yaml", list).problems == [
                "lapidary.yaml:1:15003: error: the file has more than 5000 values"
            ])
        let keys = (0..<10_000).map { "k\($0): x\n" }.joined()
        #expect(
            Fixture.good.with("lapidary.yaml", keys).problems == [
                "lapidary.yaml:2500:8: error: the file has more than 5000 values"
            ])
    }

    @Test func mergeKeysMergeNothing() {
        let fixture = Fixture.good.with("lapidary.yaml", "<<: {vendor: evil}\n")
        #expect(fixture.problems.count == 1)
        #expect(
            fixture.problems.first?.hasPrefix("lapidary.yaml:1:1: error: unknown key `<<`") == true)
    }

    @Test(arguments: [
        ("a: !!binary aGk=\n", "tag:yaml.org,2002:binary"),
        (
            "a: !!python/object/apply:os.system [x]\n",
            "tag:yaml.org,2002:python/object/apply:os.system"
        ),
        ("a: !ruby/object:Gem::Installer {}\n", "!ruby/object:Gem::Installer"),
        ("%TAG ! tag:evil,2000:\n---\na: !x b\n", "tag:evil,2000:x"),
    ])
    func tagsAreRefused(text: String, tag: String) {
        let found = problems(text)
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("YAML tags such as `\(tag)` are not accepted") == true)
    }

    @Test func textInOtherEncodingsIsRefused() {
        let problems = Problems()
        let bytes: [UInt8] = [0xFF, 0xFE, 0x61, 0, 0x3A, 0, 0x20, 0, 0x62, 0]
        _ = YAMLParser.parse(ProjectFile(path: "f.yaml", bytes: bytes), problems)
        #expect(
            problems.sorted.map(\.description) == [
                "f.yaml:1:1: error: the file is not UTF-8 text"
            ])
    }

    // MARK: Names that would become paths

    private static let names = [
        "../trim", "a/b", "/etc", "..", ".", "a..b", "-x", "a\\b", "~root", "",
        String(repeating: "a", count: 61),
    ]

    @Test(arguments: names)
    func namesOfRecipesNeverBecomePaths(name: String) {
        for file in ["variants/trim", "suites/trixie"] {
            let old = "name: \(file.split(separator: "/")[1])"
            let fixture = Fixture.good.replacing(
                old, in: "Recipes/\(file).yaml",
                with: "name: \"\(name.replacing("\\", with: "\\\\"))\"")
            #expect(
                fixture.problems.contains {
                    $0.hasPrefix("Recipes/\(file).yaml:1:7: error: `name` must be a name of a-z")
                }, "\(fixture.problems)")
        }
    }

    @Test(arguments: ["../../etc/passwd", "/etc/passwd", "Recipes/../../x", "a//b", "./a", "a/"])
    func pathsNeverLeaveTheProject(path: String) {
        let smoke = Fixture.good.replacing(
            "Recipes/smoke/version.rb", in: "Recipes/smoke.yaml", with: path)
        #expect(
            smoke.problems.contains {
                $0.contains("`script` must be a path below the project's root, not `\(path)`")
            })
        let patches = Fixture.good.replacing(
            "trim: Patches/ruby-3.3", in: "Recipes/ruby/3.3.yaml", with: "trim: \(path)")
        #expect(
            patches.problems.contains {
                $0.contains("must be a path below the project's root, not `\(path)`")
            })
        let repository = Fixture.good.with("lapidary.yaml", "repository: \(path)\n")
        #expect(
            repository.problems == [
                "lapidary.yaml:1:13: error: `repository` must be a path below the project's root,"
                    + " not `\(path)`"
            ])
    }

    @Test(arguments: ["../x.tar.xz", "/etc/passwd", "a/b.tar.xz", ".hidden", "-rf"])
    func filesOfSourcePackagesNeverBecomePaths(file: String) {
        let fixture = Fixture.good.replacing(
            "ruby3.3_3.3.8.orig.tar.xz", in: "Recipes/ruby/3.3.yaml", with: "\"\(file)\"")
        #expect(
            fixture.problems.contains {
                $0.hasSuffix("`file` must be a file name without folders, not `\(file)`")
            })
    }
}
