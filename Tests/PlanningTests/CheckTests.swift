import Diagnostics
import Recipe
import Testing

@testable import Planning

/// Ruby's own tests in a plan.
@Suite struct CheckTests {
    private static let recipe = "Recipes/ruby/3.3.yaml"

    private func checks(_ fixture: PlanFixture) throws -> [CheckOperation] {
        try fixture.plan(.testedPackages).actions.compactMap {
            guard case .check(let check) = $0.operation else { return nil }
            return check
        }
    }

    @Test func eachVariantIsTestedOnceItsPackageIsMade() throws {
        let ids = try PlanFixture().plan(.testedPackages).actions.map(\.id.description)
        for variant in ["plain", "trim"] {
            let name = "ruby-3.3.8-\(variant) bookworm/amd64"
            let package = try #require(ids.firstIndex(of: "package \(name)"))
            let check = try #require(ids.firstIndex(of: "check \(name)"))
            #expect(package < check)
        }
        #expect(!ids.contains { $0.hasPrefix("smoke ") })
        let without = try PlanFixture().plan(.packages).actions.map(\.id.description)
        #expect(!without.contains { $0.hasPrefix("check ") })
    }

    @Test func theTreeIsThatOfTheVariant() throws {
        let patch = "Patches/ruby-3.3/0001-malloc-trim-after-major-gc.patch"
        let operations = try checks(PlanFixture())
        #expect(operations.map(\.variant) == ["plain", "trim"])
        #expect(operations.map { $0.preparation.compactMap(\.patch) } == [[], [patch]])
        #expect(operations.map { $0.preparation.last?.title } == ["unpack the build tree", "make"])
        for action in try PlanFixture().plan(.testedPackages).actions {
            guard case .check(let operation) = action.operation else { continue }
            #expect(
                action.inputs.keys.sorted()
                    == operation.preparation.compactMap(\.patch) + ["root", "tree"])
        }
    }

    @Test func theProgramsAreRunAsTheRecipeSays() throws {
        let operation = try #require(try checks(PlanFixture()).first)
        #expect(operation.programs.map(\.name) == [.btest, .basic, .all])
        let all = try #require(operation.programs.last)
        #expect(all.arguments.contains("test-all"))
        #expect(all.arguments.contains { $0.hasPrefix("TESTS=ruby/test_gc.rb ") })
        #expect(all.workingDirectory == "/build/ruby")
        #expect(operation.knownFailures["TestProcess#test_execopts_uid"] != nil)
        let leftOut = "--name=!/TestProcess.test_aspawn_too_long_path/"
        #expect(all.arguments.last?.hasSuffix(" \(leftOut)") == true)
        #expect(operation.leftOut.keys.sorted() == ["TestProcess#test_aspawn_too_long_path"])
    }

    @Test func itsKeyFollowsFromTheVariantAndTheTestsAlone() throws {
        func check(_ change: (inout PlanFixture) throws -> Void) throws -> CheckOperation? {
            var fixture = try PlanFixture()
            try change(&fixture)
            return try checks(fixture).first
        }
        let before = try check { _ in }
        let renamed = try check {
            $0.files.append(
                ProjectFile(path: Project.path, bytes: Array("vendor: acme\n".utf8)))
        }
        #expect(renamed == before)
        let fewer = try check { try $0.edit(Self.recipe, "    - ruby/test_gc.rb\n", "") }
        #expect(fewer != before)
    }

    @Test func aSeriesThatNamesNoTestsIsNamed() throws {
        var fixture = try PlanFixture()
        let index = try #require(fixture.files.firstIndex { $0.path == Self.recipe })
        let text = String(decoding: fixture.files[index].bytes, as: UTF8.self)
        let start = try #require(text.firstRange(of: "\ntests:\n")).lowerBound
        let end = try #require(text.firstRange(of: "\nreleases:\n")).lowerBound
        fixture.files[index] = ProjectFile(
            path: Self.recipe, bytes: Array((text[..<start] + text[end...]).utf8))
        let failure = #expect(throws: Failure.self) { try fixture.plan(.testedPackages) }
        #expect(failure?.kind == .usage)
        #expect(
            failure?.message == "the recipe of series 3.3 names no tests of Ruby's own")
    }
}
