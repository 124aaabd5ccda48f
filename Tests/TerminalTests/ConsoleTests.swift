import Diagnostics
import Foundation
import Testing

@testable import Terminal

@Suite struct StyleTests {
    @Test func coloursAreThereOnlyWhenWanted() {
        let plain = Style(isColoured: false)
        for text in [plain.good("x"), plain.bad("x"), plain.hint("x"), plain.faint("x")] {
            #expect(text == "x")
        }
        #expect(Style(isColoured: true).bad("x") == "\u{1B}[1;31mx\u{1B}[0m")
    }

    @Test(arguments: [
        (Console.ColourChoice.never, ["TERM": "xterm"], false),
        (.always, ["TERM": "dumb"], true),
        (.always, ["NO_COLOR": "1"], true),
    ])
    func aChoiceCountsWhateverTheStreamIs(
        choice: Console.ColourChoice, environment: [String: String], expected: Bool
    ) {
        let console = Console(colour: choice, isQuiet: false, environment: environment)
        #expect(console.style.isColoured == expected)
        #expect(console.outputStyle.isColoured == expected)
    }

    @Test(arguments: [["NO_COLOR": "1", "TERM": "xterm"], ["TERM": "dumb"], [:]])
    func withoutAChoiceTheEnvironmentCanForbidColour(environment: [String: String]) {
        let console = Console(colour: .auto, isQuiet: false, environment: environment)
        #expect(!console.style.isColoured)
        #expect(!console.outputStyle.isColoured)
    }
}

/// What is printed, seen from outside: each test's body runs in a process of its own.
@Suite struct StreamTests {
    private static func calm(isQuiet: Bool = false) -> Console {
        Console(colour: .never, isQuiet: isQuiet, environment: ["CI": "1"])
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func resultsAndMessagesGoToDifferentStreams() async throws {
        let result = await #expect(
            processExitsWith: .success,
            observing: [\.standardOutputContent, \.standardErrorContent]
        ) {
            let console = StreamTests.calm()
            console.output("a result")
            console.message("a message")
            console.report(
                Failure(.failed, "it failed", details: ["line 1", "line 2"], hint: "mend it"))
        }
        let seen = try #require(result)
        #expect(Self.text(seen.standardOutputContent).contains("a result\n"))
        #expect(!Self.text(seen.standardOutputContent).contains("a message"))
        #expect(
            Self.text(seen.standardErrorContent)
                == "a message\nerror: it failed\n  line 1\n  line 2\nhint: mend it\n")
    }

    @Test func aQuietConsolePrintsResultsAndFailuresOnly() async throws {
        let result = await #expect(
            processExitsWith: .success,
            observing: [\.standardOutputContent, \.standardErrorContent]
        ) {
            let console = StreamTests.calm(isQuiet: true)
            let display = ProgressDisplay(console: console)
            display.begin("compile", verb: "Compiling", label: "ruby")
            display.note("a note")
            display.end("compile", verb: "Compiled", label: "ruby", seconds: 1)
            console.output("a result")
            console.report(Failure(.failed, "it failed"))
        }
        let seen = try #require(result)
        #expect(Self.text(seen.standardOutputContent).contains("a result\n"))
        #expect(Self.text(seen.standardErrorContent) == "error: it failed\n")
    }

    @Test func calmProgressIsOneLineForEachChange() async throws {
        let result = await #expect(
            processExitsWith: .success, observing: [\.standardErrorContent]
        ) {
            let display = ProgressDisplay(console: StreamTests.calm())
            display.fresh(label: "root bookworm/amd64")
            display.begin("compile", verb: "Compiling", label: "ruby-3.3.8")
            for title in ["configure", "make", "install"] {
                display.step("compile", title)
                display.tick()
            }
            display.note("a note")
            display.end("compile", verb: "Compiled", label: "ruby-3.3.8", seconds: 279)
            display.tick()
            display.fresh(label: "derive ruby-3.3.8-plain")
            display.fresh(label: "package ruby-3.3.8-plain")
            display.close()
        }
        let seen = try #require(result)
        #expect(
            Self.text(seen.standardErrorContent) == """
                       Fresh root bookworm/amd64
                   Compiling ruby-3.3.8
                a note
                    Compiled ruby-3.3.8 in 4m39s
                       Fresh 2 actions

                """)
    }

    @Test func aReaderThatWentAwayIsNoFailure() async throws {
        await #expect(processExitsWith: .success) {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { exit(9) }
            signal(SIGPIPE, SIG_IGN)
            close(ends[0])
            dup2(ends[1], STDOUT_FILENO)
            StreamTests.calm().output(String(repeating: "x", count: 100_000))
        }
    }
}
