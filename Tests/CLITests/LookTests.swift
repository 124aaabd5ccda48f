import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

/// The commands that only look, and how results are printed.
@Suite struct LookTests {
    @Test func helpNamesEveryVerbAndEveryExitCode() async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run("--help", in: "/")
            #expect(result.succeeded)
            #expect(result.standardError.isEmpty)
            for verb in [
                "build", "smoke", "publish", "list", "show", "logs", "shell", "lint", "doctor",
                "measure", "compare", "history", "heapmap",
                "cache",
            ] {
                #expect(result.standardOutput.contains("\n  \(verb)"), "\(verb)")
            }
            #expect(result.standardOutput.contains("Exit codes: 0 done; 1 "))
            #expect(try await fixture.run(in: "/").standardOutput == result.standardOutput)
        }
    }

    @Test(arguments: [
        "build", "smoke", "publish", "list", "show", "logs", "shell", "lint", "doctor",
        "measure", "compare", "heapmap",
    ])
    func everyVerbHasHelp(verb: String) async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run(verb, "--help", in: "/")
            #expect(result.succeeded)
            #expect(result.standardOutput.contains("USAGE: lapidary \(verb) "))
            #expect(result.standardOutput.contains("--home <dir>"))
        }
    }

    @Test func versionIsOneNumber() async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run("--version", in: "/")
            #expect(result.succeeded)
            #expect(result.standardOutput.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
        }
    }

    @Test(arguments: ["list", "ls"])
    func listIsATable(verb: String) async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run(verb)
            #expect(result.succeeded)
            #expect(result.standardError.isEmpty)
            let lines = result.standardOutput.split(separator: "\n")
                .map { $0.split(separator: /\s{2,}/).map(String.init) }
            #expect(
                lines.first
                    == ["SERIES", "RELEASE", "VERIFIED", "VARIANTS", "SUITES", "END OF LIFE"])
            let row = try #require(lines.first { $0.dropFirst().first == "3.3.8" })
            #expect(row.first == "3.3")
            #expect(row.count == 6)
        }
    }

    @Test func listAsJSONHasItsKeys() async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run("list", "--json")
            #expect(result.succeeded)
            #expect(result.standardError.isEmpty)
            let json = try result.json()
            #expect(json.keys.sorted() == ["releases", "schema"])
            #expect(json["schema"] as? Int == 1)
            let releases = try #require(json["releases"] as? [[String: Any]])
            let release = try #require(releases.first { $0["release"] as? String == "3.3.8" })
            #expect(
                release.keys.sorted()
                    == ["endOfLife", "release", "series", "suites", "variants", "verified"])
            #expect(release["series"] as? String == "3.3")
            #expect(release["verified"] as? Bool == true)
            let variants = try #require(release["variants"] as? [String])
            #expect(Set(variants).isSuperset(of: ["plain", "trim"]))
        }
    }

    @Test func showAsJSONHasItsKeys() async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run("show", "--json", "3.3.8@plain,trim:bookworm/amd64")
            #expect(result.succeeded)
            let json = try result.json()
            #expect(json.keys.sorted() == ["cells", "schema"])
            let cells = try #require(json["cells"] as? [[String: Any]])
            #expect(
                cells.map { $0["selection"] as? String }
                    == ["3.3.8@plain:bookworm/amd64", "3.3.8@trim:bookworm/amd64"])
            let trim = try #require(cells.last)
            #expect(
                trim.keys.sorted() == [
                    "checks", "configure", "packages", "patches", "prefixes", "selection", "source",
                    "sourceSHA256", "version",
                ])
            #expect(
                trim["packages"] as? [String]
                    == ["lapidary-ruby-3.3.8-trim", "lapidary-ruby-3.3-trim"])
            #expect((trim["version"] as? String)?.hasSuffix("+deb12") == true)
            #expect(
                trim["prefixes"] as? [String]
                    == ["/opt/rubies/ruby-3.3.8-trim", "/opt/rubies/ruby-3.3-trim"])
            #expect((trim["patches"] as? [String])?.isEmpty == false)
        }
    }

    @Test func showIsForPeopleToo() async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run("show", "3.3.8@trim:bookworm/amd64")
            #expect(result.succeeded)
            let lines = result.standardOutput.split(separator: "\n").map(String.init)
            #expect(lines.first == "3.3.8@trim:bookworm/amd64")
            #expect(lines.contains("  packages   lapidary-ruby-3.3.8-trim"))
            #expect(lines.contains("             lapidary-ruby-3.3-trim"))
            #expect(lines.contains("  prefixes   /opt/rubies/ruby-3.3.8-trim"))
        }
    }

    @Test func theProjectIsFoundFromBelowAndByName() async throws {
        try await CLIFixture.with { fixture in
            let below = fixture.project.appending("Recipes/smoke/support")
            let here = try await fixture.run("list")
            #expect(try await fixture.run("list", in: below) == here)
            #expect(try await fixture.run("list", "-C", below.string, in: "/") == here)
            #expect(try await fixture.run("list", "-C", "project", in: fixture.folder) == here)
        }
    }

    @Test func pipesGetNoEscapeCodesUnlessAskedFor() async throws {
        try await CLIFixture.with { fixture in
            for arguments in [["list"], ["show"], ["list", "--color", "never"], ["show", "9.9"]] {
                let result = try await SubprocessRunner().capture(
                    try fixture.command(arguments, environment: ["TERM": "xterm"]))
                #expect(!result.standardOutput.contains("\u{1B}"))
                #expect(!result.standardError.contains("\u{1B}"))
            }
            let result = try await fixture.run("list", "--color", "always")
            #expect(result.standardOutput.hasPrefix("\u{1B}[1mSERIES"))
        }
    }

    @Test(
        .enabled(if: Programs.has("script"), "SKIPPED: script(1) is not installed here"),
        arguments: [
            (["TERM": "xterm"], true), (["TERM": "xterm", "NO_COLOR": "1"], false),
            (["TERM": "dumb"], false), ([:], false),
        ])
    func aTerminalGetsColourUnlessItIsForbidden(environment: [String: String], expected: Bool)
        async throws
    {
        try await CLIFixture.with { fixture in
            let command = try fixture.command(["list"], environment: environment)
            let result = try await SubprocessRunner().capture(
                Command(
                    "script", ["--quiet", "--return", "--command", command.displayed, "/dev/null"],
                    workingDirectory: fixture.project))
            #expect(result.succeeded)
            #expect(result.standardOutput.contains("SERIES"))
            #expect(result.standardOutput.contains("\u{1B}[") == expected)
        }
    }

    @Test func aReaderThatWentAwayIsNoFailure() async throws {
        try await CLIFixture.with { fixture in
            let command = try fixture.command(["show", "--json"]).displayed
            let result = try await SubprocessRunner().capture(
                Command(
                    "bash", ["-c", "\(command) | true; echo ${PIPESTATUS[0]}"],
                    workingDirectory: fixture.project))
            #expect(result.standardOutput == "0\n")
            #expect(result.standardError.isEmpty)
        }
    }
}
