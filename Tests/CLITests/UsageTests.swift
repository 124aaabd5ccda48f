import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

/// What people mistype, and what the program says to it: always exit code 64.
@Suite struct UsageTests {
    @Test(arguments: [
        ("3.33", "there is no series or release `3.33`", "did you mean `3.3`? known: "),
        ("ruby", "there is no series or release `ruby`", "known: "),
        (
            "3.3.88", "there is no release `3.3.88` in series 3.3",
            "did you mean `3.3.8`? known: "
        ),
        ("3.3@trin", "there is no variant `trin`", "did you mean `trim`? known: plain, "),
        ("3.3:bookwrm", "there is no suite `bookwrm`", "did you mean `bookworm`? known: "),
        ("3.3:bookworm/amd46", "there is no architecture `amd46`", "did you mean `amd64`?"),
        ("3.3@", "malformed selection `3.3@`", "SERIES|RELEASE[@VARIANT][:SUITE[/ARCH]]"),
        ("3.3/amd64", "malformed selection `3.3/amd64`", "a selection is SERIES"),
    ])
    func wordsThatMeanNothingAreNamed(selection: String, message: String, hint: String)
        async throws
    {
        try await CLIFixture.with { fixture in
            for verb in ["show", "build", "smoke", "publish"] {
                let result = try await fixture.run(verb, selection)
                #expect(result.ending == .exited(64))
                #expect(result.standardOutput.isEmpty)
                let lines = result.standardError.split(separator: "\n")
                #expect(lines.count == 2)
                #expect(lines.first?.hasPrefix("error: \(message)") == true, "\(lines)")
                #expect(lines.last?.hasPrefix("hint: ") == true)
                #expect(lines.last?.contains(hint) == true, "\(lines)")
            }
            #expect(!Files.exists(fixture.home))
        }
    }

    @Test func severalWrongWordsAreNamedAtOnce() async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run("show", "3.33@trin:sid")
            #expect(result.ending == .exited(64))
            for word in ["`3.33`", "`trin`", "`sid`"] {
                #expect(result.standardError.contains(word))
            }
        }
    }

    @Test(arguments: [
        (["frob"], "frob"), (["show", "--frob"], "--frob"), (["build", "--jobs", "0"], "--jobs"),
        (["build", "--jobs", "many"], "many"), (["list", "--color", "blue"], "blue"),
        (["build", "--home"], "--home"),
    ])
    func optionsThatMeanNothingAreNamed(arguments: [String], word: String) async throws {
        try await CLIFixture.with { fixture in
            let result = try await SubprocessRunner().capture(try fixture.command(arguments))
            #expect(result.ending == .exited(64))
            #expect(result.standardOutput.isEmpty)
            #expect(result.standardError.contains(word))
        }
    }

    @Test(arguments: [["list"], ["show"], ["lint"], ["build"], ["list", "-C", "/nowhere/at/all"]])
    func withoutAProjectThereIsAHint(arguments: [String]) async throws {
        try await CLIFixture.with { fixture in
            let empty = fixture.folder.appending("empty")
            try Files.createDirectory(empty)
            let result = try await SubprocessRunner().capture(
                try fixture.command(arguments, in: empty))
            #expect(result.ending == .exited(64))
            #expect(result.standardError.hasPrefix("error: no project here: "))
            #expect(result.standardError.contains("hint: go to the project's folder"))
        }
    }

    @Test func testsOfASeriesThatNamesNoneAreRefusedBeforeAnyWork() async throws {
        try await CLIFixture.with { fixture in
            let recipe = fixture.project.appending("Recipes/ruby/3.3.yaml")
            let text = try Files.readText(recipe)
            let start = try #require(text.firstRange(of: "\ntests:\n")).lowerBound
            let end = try #require(text.firstRange(of: "\nreleases:\n")).lowerBound
            try Files.write(String(text[..<start] + text[end...]), to: recipe)
            let result = try await fixture.run("build", "--check", "3.3@plain:bookworm/amd64")
            #expect(result.ending == .exited(64))
            #expect(
                result.standardError.hasPrefix(
                    "error: the recipe of series 3.3 names no tests of Ruby's own\n"))
            #expect(!Files.exists(fixture.home))
        }
    }

    @Test func withoutAPlaceForTheHomeThereIsAHint() async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run(
                "build", environment: ["HOME": "", "LAPIDARY_HOME": ""])
            #expect(result.ending == .exited(64))
            #expect(result.standardError.contains("hint: name a folder with --home"))
        }
    }

    @Test func aHomeThatAptCannotNameIsRefused() async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run(
                "build", environment: ["LAPIDARY_HOME": "/nonexistent/my rubies"])
            #expect(result.ending == .exited(64))
            #expect(
                result.standardError.hasPrefix("error: the home `/nonexistent/my rubies` has"))
        }
    }

    @Test func doctorNeedsNoProject() async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run("doctor", in: fixture.folder)
            #expect(result.ending != .exited(64))
            #expect(result.standardOutput.contains("privileges: "))
        }
    }
}

/// Recipes that cannot be read or do not hold together.
@Suite struct RecipeProblemTests {
    @Test(arguments: ["list", "show", "build", "smoke", "publish"])
    func malformedYAMLIsPlaced(verb: String) async throws {
        try await CLIFixture.with { fixture in
            try fixture.edit("Recipes/ruby/3.3.yaml", "releases:\n", "releases: [\n")
            let result = try await fixture.run(verb)
            #expect(result.ending == .exited(64))
            #expect(result.standardOutput.isEmpty)
            #expect(result.standardError.hasPrefix("error: the recipes have 1 problem\n"))
            #expect(
                result.standardError.contains(/Recipes\/ruby\/3\.3\.yaml:[0-9]+:[0-9]+: error: ./))
            #expect(!Files.exists(fixture.home))
        }
    }

    @Test func everyProblemOfEveryFileIsReportedAtItsPlace() async throws {
        try await CLIFixture.with { fixture in
            let places = try fixture.breakTwoRecipes()
            let result = try await fixture.run("build")
            #expect(result.ending == .exited(64))
            let lines = result.standardError.split(separator: "\n")
            for place in places {
                #expect(lines.contains { $0.hasPrefix("  \(place):") }, "\(place)")
            }
            #expect(result.standardError.contains("did you mean `revision`?"))
        }
    }

    @Test func lintReportsEveryProblemAndFails() async throws {
        try await CLIFixture.with { fixture in
            let good = try await fixture.run("lint")
            #expect(good.succeeded)
            #expect(good.standardOutput.isEmpty)
            let count = try FileTree.entries(below: fixture.project)
                .count { $0.path.hasSuffix(".yaml") }
            #expect(good.standardError == "\(count) recipes, no problem\n")
            let places = try fixture.breakTwoRecipes()
            let result = try await fixture.run("lint")
            #expect(result.ending == .exited(1))
            let lines = result.standardOutput.split(separator: "\n")
            for place in places {
                #expect(lines.contains { $0.hasPrefix("\(place):") }, "\(place)")
            }
            #expect(
                result.standardError.hasPrefix("error: lint found \(lines.count) problems in 2"))
        }
    }

    @Test func lintAsJSONHasItsKeys() async throws {
        try await CLIFixture.with { fixture in
            let good = try await fixture.run("lint", "--json")
            #expect(good.succeeded)
            #expect(try good.json()["problems"] as? [String] == [])
            let broken = try fixture.breakTwoRecipes()
            let result = try await fixture.run("lint", "--json")
            #expect(result.ending == .exited(1))
            let json = try result.json()
            #expect(json.keys.sorted() == ["problems", "schema"])
            let problems = try #require(json["problems"] as? [[String: Any]])
            let keys = ["column", "file", "line", "message"]
            for problem in problems { #expect(Set(problem.keys).isSuperset(of: keys)) }
            let places = problems.map { "\($0["file"] ?? ""):\($0["line"] ?? "")" }
            #expect(Set(places).isSuperset(of: broken))
        }
    }

    @Test func aPatchThatIsMissingIsAProblemOfItsSeries() async throws {
        try await CLIFixture.with { fixture in
            try Files.remove(
                fixture.project.appending(
                    "Patches/ruby-3.3/0001-malloc-trim-after-major-gc.patch"))
            let result = try await fixture.run("show")
            #expect(result.ending == .exited(64))
            #expect(result.standardError.contains("Patches/ruby-3.3/series:1:1: error: "))
        }
    }
}

extension CLIFixture {
    /// One mistyped key, and one value that is none: their places as `file:line`.
    fileprivate func breakTwoRecipes() throws -> [String] {
        let changes = [
            ("Recipes/ruby/3.3.yaml", "    revision: ", "    revison: "),
            ("Recipes/variants/trim.yaml", "derive: patch", "derive: magic"),
        ]
        return try changes.map { path, old, new in
            try edit(path, old, new)
            let text = try Files.readText(project.pushing(FilePath(path)))
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let index = try #require(lines.firstIndex { $0.hasPrefix(new) })
            return "\(path):\(index + 1)"
        }
    }
}
