import Testing

@testable import HostSystem

@Suite struct CommandTests {
    @Test(arguments: [
        ("plain-1.0_a", "plain-1.0_a"), ("a/b=c:d,e+f@g%h", "a/b=c:d,e+f@g%h"), ("", "''"),
        ("two words", "'two words'"), ("it's", "'it'\\''s'"), ("'", "''\\'''"),
        ("$HOME", "'$HOME'"),
        ("a*b", "'a*b'"), ("line\nbreak", "'line\nbreak'"), ("naïve", "'naïve'"), ("~", "'~'"),
    ])
    func wordsAreQuotedForAShell(word: String, expected: String) {
        #expect(Command("echo", [word]).displayed == "echo \(expected)")
    }

    @Test(arguments: ["", "it's", "a  b", "$(id)", "`id`", "\\", "\"", "a\nb", "'''", "é", "!x"])
    func aShellReadsBackWhatIsDisplayed(word: String) async throws {
        let displayed = Command("printf", ["%s|%s", word, "end"]).displayed
        let result = try await SubprocessRunner().capture(Command("sh", ["-c", displayed]))
        #expect(result.standardOutput == "\(word)|end")
    }

    @Test func endingsAreWords() {
        #expect("\(CommandResult.Ending.exited(3))" == "exit code 3")
        #expect("\(CommandResult.Ending.killed(signal: 9))" == "signal 9")
        #expect(CommandResult(ending: .exited(0)).succeeded)
        #expect(!CommandResult(ending: .killed(signal: 15)).succeeded)
    }
}
