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
        (["measure", "no.deb"], "there is no file"),
        (["measure", "--", "a.rb"], "no Ruby is named to run `a.rb` with"),
        (["compare", "--ruby", "sh", "--", "a.rb"], "two Rubies are compared, and 1"),
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
            let result = try await SubprocessRunner().capture(fixture.command(arguments))
            #expect(result.ending == .exited(64))
            #expect(result.standardOutput.isEmpty)
            #expect(result.standardError.contains(words), "\(result.standardError)")
        }
    }

    private static var hasRuby: Bool {
        if !Programs.has("ruby") { print("SKIPPED: ruby is not installed here") }
        return Programs.has("ruby")
    }

    private func script(_ text: String, in fixture: CLIFixture) throws -> String {
        let file = fixture.folder.appending("program.rb")
        try Files.write(text, to: file)
        return file.string
    }

    @Test(.enabled(if: hasRuby)) func aProgramIsMeasuredAndRecorded() async throws {
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

    @Test(.enabled(if: hasRuby)) func moreMemoryIsSeenConfirmedAndAFailure() async throws {
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

    @Test(.enabled(if: hasRuby)) func aProgramThatFailsIsNamed() async throws {
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
