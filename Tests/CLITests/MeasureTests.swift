import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

/// `lapidary measure` and `lapidary compare` as people and programs call them.
@Suite struct MeasureCommandTests {
    @Test(arguments: [
        (["measure"], "nothing is named to measure"),
        (["measure", "--runs", "0", "--ruby", "sh"], "--runs takes 1 to 100"),
        (["measure", "--env", "x", "--ruby", "sh"], "--env takes NAME=VALUE"),
        (["measure", "--ruby", "/nowhere", "--", "a.rb"], "there is no program `/nowhere`"),
        (["measure", "3.3", "--", "a.rb"], "not in a package's sandbox"),
        (["measure", "--workload", "w1", "--ruby", "sh", "--", "a.rb"], "--workload is for"),
        (["measure", "--ruby", "sh", "--output", "/nowhere/x", "--", "a.rb"], "cannot write"),
        (["measure", "--ruby", "sh", "--workload", "w0"], "there is no workload `w0`"),
        (["measure", "--ruby", "sh", "--workload", "w1,"], "has an empty name"),
        (["measure", "no.deb", "--workload", "w99"], "there is no file"),
        (["measure", "--", "a.rb"], "no Ruby is named to run `a.rb` with"),
        (["compare", "--ruby", "sh", "--", "a.rb"], "two Rubies are compared, and 1"),
        (["compare", "--published", "a.deb"], "--published takes one selection"),
        (["compare", "--published", "3.3@plain", "3.3@trim"], "--published takes one selection"),
        (["compare", "a.json"], "there is no file"),
        (["compare", "a.json", "3.3@plain"], "recordings are compared with each other only"),
        (["compare", "--confirm", "-1", "--ruby", "sh"], "--confirm"),
        (
            ["compare", "--ruby", "sh", "--ruby", "sh", "--env", "3:A=b", "--", "a.rb"],
            "there is no Ruby number 3"
        ),
    ])
    func wrongUsageIsRefused(arguments: [String], words: String) async throws {
        try await CLIFixture.with { fixture in
            try workload("", in: fixture)
            let result = try await SubprocessRunner().capture(fixture.command(arguments))
            #expect(result.ending == .exited(64))
            #expect(result.standardOutput.isEmpty)
            #expect(result.standardError.contains(words), "\(result.standardError)")
        }
    }

    @Test func nothingIsBuiltForARepositoryThatIsNotThere() async throws {
        try await CLIFixture.with { fixture in
            try workload("", in: fixture)
            let result = try await SubprocessRunner().capture(
                fixture.command([
                    "compare", "--published", "3.3@plain:bookworm", "--workload", "w1",
                    "--repository", "/nowhere",
                ]))
            #expect(result.ending == .exited(3))
            #expect(
                result.standardError.hasPrefix(
                    "error: there is no repository `/nowhere` to compare with\n"))
        }
    }

    /// A workload of the project that no other test knows.
    private func workload(_ text: String, in fixture: CLIFixture) throws {
        let folder = fixture.project.pushing("Recipes/workloads")
        try Files.createDirectory(folder)
        try Files.write(text, to: folder.appending("w99_small.rb"))
    }

    private func script(_ text: String, in fixture: CLIFixture) throws -> String {
        let file = fixture.folder.appending("program.rb")
        try Files.write(text, to: file)
        return file.string
    }

    @Test(.enabled(if: Programs.haveRuby)) func aProgramIsMeasuredAndRecorded() async throws {
        try await CLIFixture.with { fixture in
            let script = try script(
                "KEPT = 'x' * (32 << 20); puts 'its own words'", in: fixture)
            let file = fixture.folder.appending("recording.json")
            let result = try await fixture.run(
                "measure", "--ruby", "ruby", "--runs", "1", "--output", file.string, "--",
                script, in: "/")
            #expect(result.ending == .exited(0), "\(result.standardError)")
            #expect(result.standardOutput.hasPrefix("WORKLOAD "))
            #expect(result.standardOutput.contains("program.rb"))
            #expect(!result.standardOutput.contains("its own words"))
            let json = try #require(
                try JSONSerialization.jsonObject(with: Data(try Files.readBytes(file)))
                    as? [String: Any])
            #expect(json["recording"] as? Int == 1)
            let runs = try #require(json["runs"] as? [[String: Any]])
            let settled = try #require(runs.first?["settled"] as? [String: Any])
            #expect(try #require(settled["rss"] as? Int) > 32 << 20)
            // Alone it has nothing to be compared with.
            let alone = try await fixture.run("compare", file.string, in: "/")
            #expect(alone.ending == .exited(64))
            let same = try await fixture.run("compare", file.string, file.string, in: "/")
            #expect(same.ending == .exited(0), "\(same.standardError)")
            #expect(same.standardOutput.contains("no difference that matters"))
            try Files.write(
                try Files.readText(file).replacing(
                    #""pageSize":"#, with: #""pageSize":1"#), to: fixture.folder.appending("b.json")
            )
            let other = try await fixture.run(
                "compare", file.string, fixture.folder.appending("b.json").string, in: "/")
            #expect(other.ending == .exited(64))
            #expect(other.standardError.contains("they were not made alike"))
            #expect(other.standardError.contains("page size: "))
        }
    }

    @Test(.enabled(if: Programs.haveRuby)) func aWorkloadIsMeasuredAndKeptInTheHistory()
        async throws
    {
        try await CLIFixture.with { fixture in
            try workload("$stdout.puts('phase quiescent live=5'); $stdin.gets", in: fixture)
            let result = try await fixture.run(
                "measure", "--ruby", "ruby", "--workload", "w99", "--runs", "1", "--format",
                "json")
            #expect(result.ending == .exited(0), "\(result.standardError)")
            let runs = try #require(try result.json()["runs"] as? [[String: Any]])
            #expect(runs.first?["live"] as? Int == 5)
            let list = try await fixture.run("history", "list", "--json").json()
            let entry = try #require((list["recordings"] as? [[String: Any]])?.first)
            #expect(entry["workloads"] as? [String] == ["w99"])
            let file = fixture.folder.appending("history.json").string
            let export = try await fixture.run("history", "export", "-o", file)
            #expect(export.ending == .exited(0), "\(export.standardError)")
            let again = try await fixture.run("history", "import", file)
            #expect(again.standardError.contains("0 recordings were added, 1 were there already"))
            let elsewhere = ["LAPIDARY_HOME": fixture.folder.appending("other").string]
            let first = try await fixture.run("history", "import", file, environment: elsewhere)
            #expect(first.standardError.contains("1 recordings were added"))
            #expect(
                try await fixture.run("history", environment: elsewhere).standardOutput
                    .contains("w99"))
            let unknown = try await fixture.run("history", "export", "-o", file, "7")
            #expect(unknown.ending == .exited(64))
        }
    }

    @Test(.enabled(if: Programs.haveRuby)) func moreMemoryIsSeenConfirmedAndAFailure() async throws
    {
        try await CLIFixture.with { fixture in
            let script = try script(
                "KEPT = 'x' * ((ENV['MORE'] ? 24 : 8) << 20)", in: fixture)
            let arguments = [
                "compare", "--ruby", "ruby", "--ruby", "ruby", "--env", "2:MORE=1", "--confirm",
                "5", "--fail-on-regression",
            ]
            let result = try await SubprocessRunner().capture(
                fixture.command(arguments + ["--", script], in: "/"))
            #expect(result.ending == .exited(1))
            #expect(
                result.standardOutput.contains(
                    "program.rb: ruby MORE=1 keeps 16.8 MB more than ruby after the load"),
                "\(result.standardOutput)")
            #expect(result.standardOutput.contains("5 and 5 fresh runs confirmed it, p = 0.0079"))
            #expect(result.standardError.contains("ruby MORE=1 keeps more memory than ruby"))
        }
    }

    @Test(.enabled(if: Programs.haveRuby)) func aProgramThatFailsIsNamed() async throws {
        try await CLIFixture.with { fixture in
            let script = try script("abort 'no database'", in: fixture)
            let result = try await fixture.run(
                "measure", "--ruby", "ruby", "--", script, in: "/")
            #expect(result.ending == .exited(1))
            #expect(result.standardError.contains("a program could not be measured"))
            #expect(result.standardError.contains("no database"))
        }
    }
}
