import HostSystem
import SystemPackage
import Testing

/// What `verify` refuses before it builds anything.
@Suite struct VerifyTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let code: Int
        let sentence: String

        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let refusals = [
        Refusal(
            arguments: ["verify", "--variations", "tiem", "3.3@plain:bookworm"], code: 64,
            sentence: "there is no variation `tiem`"),
        Refusal(
            arguments: ["verify", "--runs", "0", "3.3@plain:bookworm"], code: 64,
            sentence: "--runs takes a count of 1 or more"),
        Refusal(
            arguments: ["verify", "a.deb", "b.deb"], code: 64,
            sentence: "a .deb is verified alone"),
        Refusal(
            arguments: ["verify", "3.3", "--keyring", "keys.pgp"], code: 64,
            sentence: "--evidence and --keyring go with a .deb"),
        Refusal(
            arguments: ["verify", "there-is-none.deb"], code: 64, sentence: "there is no file"),
        Refusal(
            arguments: ["verify", "lonely.deb"], code: 3, sentence: "there is no evidence of"),
        Refusal(
            arguments: ["verify", "odd.deb"], code: 3,
            sentence: "has a format that this Lapidary does not know"),
        Refusal(
            arguments: ["rebuild", "lonely.deb"], code: 64, sentence: "is no order for a rebuild"),
    ]

    @Test(arguments: refusals) func itIsRefused(refusal: Refusal) async throws {
        try await CLIFixture.with { fixture in
            try Files.write("no package\n", to: fixture.project.appending("lonely.deb"))
            try Files.write("no package\n", to: fixture.project.appending("odd.deb"))
            try Files.write("{}\n", to: fixture.project.appending("odd.intoto.json"))
            let result = try await SubprocessRunner().capture(
                try fixture.command(refusal.arguments))
            #expect(result.ending == .exited(refusal.code))
            #expect(result.standardError.contains(refusal.sentence), "\(result.standardError)")
            #expect(result.standardOutput == "")
        }
    }

    /// A word that only takes away must not end in testing nothing.
    @Test func theHelpNamesEveryVariation() async throws {
        try await CLIFixture.with { fixture in
            let help = try await fixture.run("verify", "--help").standardOutput
                .split(whereSeparator: \.isWhitespace).joined(separator: " ")
            for variation in ["environment", "build-path", "file-ordering", "toolchains"] {
                #expect(help.contains(variation))
            }
            #expect(try await !fixture.run("--help").standardOutput.contains("rebuild "))
        }
    }
}
