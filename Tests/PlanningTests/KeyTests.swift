import Digest
import Lock
import Recipe
import Testing

@testable import Planning

/// A key changes when, and only when, something that the result depends on changes.
@Suite struct KeyTests {
    private static let trim = "ruby-3.3.8-trim bookworm/amd64"
    private static let plain = "ruby-3.3.8-plain bookworm/amd64"
    private static let compile = "compile ruby-3.3.8 bookworm/amd64"
    private static let fetch = "fetch ruby3.3_3.3.8.orig.tar.xz"
    private static let derived = ["derive \(plain)", "derive \(trim)"]
    /// Each with its evidence, which tells of all that leads to it.
    private static let packaged = (installable("plain") + installable("trim")).flatMap {
        ["dbgsym \($0)", "package \($0)"] + evidence(of: $0)
    }
    private static let smoked = (installable("plain") + installable("trim")).map { "smoke \($0)" }
        .sorted()

    /// The packages of a variant: the release's and the series'.
    private static func installable(_ variant: String) -> [String] {
        ["ruby-3.3-\(variant) bookworm/amd64", "ruby-3.3.8-\(variant) bookworm/amd64"]
    }

    /// What is written down of a package and of its debug symbols.
    private static func evidence(of package: String) -> [String] {
        let words = package.split(separator: " ")
        return ["evidence \(package)", "evidence \(words[0])-dbgsym \(words[1])"]
    }

    /// The actions that a change makes run again.
    private func changed(_ change: (inout PlanFixture) throws -> Void) throws -> [String] {
        let before = try PlanFixture().keys()
        var fixture = try PlanFixture()
        try change(&fixture)
        let after = try fixture.keys()
        #expect(before.keys.sorted() == after.keys.sorted())
        return before.keys.filter { before[$0] != after[$0] }.sorted()
    }

    @Test func nothingChangesByItself() throws {
        #expect(try changed { _ in } == [])
        #expect(try changed { $0.files.reverse() } == [])
    }

    @Test func aByteOfAPatchChangesItsVariantOnly() throws {
        let again = try changed {
            try $0.append("\n", to: "Patches/ruby-3.3/0001-malloc-trim-after-major-gc.patch")
        }
        let after = Self.installable("trim").flatMap {
            ["dbgsym \($0)", "package \($0)", "smoke \($0)"] + Self.evidence(of: $0)
        }
        #expect(again == (["derive \(Self.trim)"] + after).sorted())
    }

    @Test func aConfigureArgumentChangesEverythingFromTheCompileOn() throws {
        let again = try changed {
            try $0.edit("Recipes/ruby/3.3.yaml", "- --enable-yjit", "- --disable-yjit")
        }
        #expect(again == ([Self.compile] + Self.derived + Self.packaged + Self.smoked).sorted())
    }

    @Test func aCompilerFlagOfTheSuiteChangesEverythingFromTheCompileOn() throws {
        let again = try changed {
            try $0.edit(
                "Recipes/suites/bookworm.yaml", "- -D_FORTIFY_SOURCE=2", "- -D_FORTIFY_SOURCE=1")
        }
        #expect(again == ([Self.compile] + Self.derived + Self.packaged + Self.smoked).sorted())
    }

    @Test(arguments: [
        "Recipes/smoke/yaml.rb", "Recipes/smoke/support/check.rb",
        "Recipes/workloads/w1_rotate.rb", "Recipes/gates.yaml",
    ])
    func aSmokeScriptChangesSmokeOnly(script: String) throws {
        #expect(try changed { try $0.append("\n# more\n", to: script) } == Self.smoked)
    }

    @Test func aReasonOfASmokeCheckChangesSmokeOnly() throws {
        let again = try changed {
            try $0.edit("Recipes/smoke.yaml", "YAML can be read and written", "YAML works")
        }
        #expect(again == Self.smoked)
    }

    @Test(arguments: ["Recipes/steps/stage.rb", "Recipes/steps/assert-build.rb"])
    func aStepScriptChangesEverythingFromTheVariantsOn(script: String) throws {
        let again = try changed { try $0.append("\n# more\n", to: script) }
        #expect(again == (Self.derived + Self.packaged + Self.smoked).sorted())
    }

    @Test func theConfigureScriptChangesEverythingFromTheCompilationOn() throws {
        let again = try changed { try $0.append("\n# more\n", to: "Recipes/steps/configure.sh") }
        #expect(again == ([Self.compile] + Self.derived + Self.packaged + Self.smoked).sorted())
    }

    /// It looks into finished packages, and has no part in making them.
    @Test func theInventoryScriptChangesTheEvidenceOnly() throws {
        let again = try changed {
            try $0.append("\n# more\n", to: EvidenceOperation.inventoryScript)
        }
        let told = (Self.installable("plain") + Self.installable("trim")).map { "evidence \($0)" }
        #expect(again == told.sorted())
    }

    @Test func thePackagingRevisionChangesPackagesButNoCompile() throws {
        let again = try changed {
            try $0.edit("Recipes/ruby/3.3.yaml", "revision: 1", "revision: 2")
        }
        #expect(again == (Self.packaged + Self.smoked).sorted())
    }

    @Test func aDescriptionChangesItsPackagesOnly() throws {
        let again = try changed {
            try $0.edit("Recipes/variants/plain.yaml", "as upstream releases it", "as it is")
        }
        let after = Self.installable("plain").flatMap {
            ["package \($0)", "smoke \($0)", "evidence \($0)"]
        }
        #expect(again == after.sorted())
    }

    @Test func theSourcesDigestChangesAllButTheRoots() throws {
        let again = try changed {
            try $0.edit("Recipes/ruby/3.3.yaml", "sha256: e2e1233a", "sha256: 00e1233a")
        }
        let all = [Self.compile, Self.fetch] + Self.derived + Self.packaged + Self.smoked
        #expect(again == all.sorted())
    }

    /// Where a file is had from matters to its download, and to what is told of it: what is made of
    /// it stays.
    @Test func theSourcesPlaceChangesItsDownloadAndTheEvidenceOnly() throws {
        let again = try changed {
            try $0.edit("Recipes/ruby/3.3.yaml", "suite: trixie", "suite: sid")
        }
        let told = (Self.installable("plain") + Self.installable("trim")).flatMap(Self.evidence)
        #expect(again == ([Self.fetch] + told).sorted())
    }

    @Test func aBuildPackageLeavesTheBareRootAsItIs() throws {
        let again = try changed {
            $0.members[1] = PlanFixture.member("gcc", isBase: false, content: "2")
        }
        let all = Self.derived + Self.packaged + Self.smoked
        #expect(again == ([Self.compile, "root build bookworm/amd64"] + all).sorted())
    }

    @Test func aBasePackageChangesBothRootsAndAllButTheDownload() throws {
        let again = try changed {
            $0.members[2] = PlanFixture.member("libc6", isBase: true, content: "2")
        }
        let all = try PlanFixture().keys().keys.filter { $0 != Self.fetch }
        #expect(again == all.sorted())
    }

    @Test(arguments: [
        ("Recipes/ruby/3.3.yaml", "# Ruby 3.3:", "# This is Ruby 3.3:"),
        ("Recipes/ruby/3.3.yaml", "end-of-life: 2027-03-31", "end-of-life: 2027-04-01"),
        ("Recipes/suites/bookworm.yaml", "compiles YJIT", "compiles the JIT"),
    ])
    func wordsThatNoResultDependsOnChangeNothing(path: String, old: String, new: String) throws {
        #expect(try changed { try $0.edit(path, old, new) } == [])
    }

    @Test func theNumberOfJobsIsNoPartOfAnyStep() throws {
        var words: [String] = []
        for action in try PlanFixture().plan().actions {
            guard case .steps(let steps) = action.operation else { continue }
            words += steps.steps.flatMap(\.arguments).filter { $0.hasPrefix("-j") }
        }
        #expect(Set(words) == ["-j{jobs}"])
    }

    /// What an action is called does not matter, only what it does with what.
    @Test func theIdIsNoPartOfTheKey() throws {
        let operation = Operation.steps(
            StepsOperation(steps: [], environment: [:], outputs: [:]))
        let one = Action(id: ActionID("one"), inputs: [:], operation: operation)
        let two = Action(id: ActionID("two"), inputs: [:], operation: operation)
        #expect(try one.key(resolved: [:]) == two.key(resolved: [:]))
    }

    /// The digest of this very text, made by another program: it must never change unnoticed,
    /// since every home in the world would build everything again.
    /// `{"inputs":{"Recipes/a.rb":"c3ab…","source":"2c26…"},"operation":{"steps":{"_0":{…}}},…}`
    @Test func keysAreTheSameInEveryProcess() throws {
        let action = Action(
            id: ActionID("a small action"),
            inputs: [
                "source": .output(ActionID("fetch"), "source"),
                "Recipes/a.rb": .blob(SHA256Digest(of: "foobar")),
            ],
            operation: .steps(
                StepsOperation(
                    steps: [
                        .init("make", ["make", "-j{jobs}", "CC=gcc \"é\"/\n"], in: "/build"),
                        .init("apply a", ["patch"], in: "/build/ruby", patch: "Patches/a"),
                    ],
                    environment: ["B": "2", "A": "1", "C": "3"],
                    outputs: ["tree": "tree.tar.zst", "other": "o"])))
        let key = try action.key(resolved: [
            "source": SHA256Digest(of: "foo"), "Recipes/a.rb": SHA256Digest(of: "foobar"),
        ])
        #expect(key.hex == "8fb20cf1d4eabee0e25742d89e53db1e958b5d530e900a315617568b872d3228")
    }
}
