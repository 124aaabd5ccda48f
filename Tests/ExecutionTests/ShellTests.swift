import Diagnostics
import HostSystem
import Planning
import Store
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Workflow

@testable import Execution

/// A failed step is entered as it was left.
@Suite(.enabled(if: Programs.has("bwrap"), "SKIPPED: bubblewrap is not installed here"))
struct ShellTests {
    /// Runs a command as for a person, and keeps what it prints.
    private final class Listener: TerminalRunner {
        let results = Mutex<[CommandResult]>([])

        func converse(_ command: Command) async throws -> CommandResult.Ending {
            let result = try await SubprocessRunner().capture(command)
            results.withLock { $0.append(result) }
            return result.ending
        }

        var output: String? { results.withLock { $0.last?.standardOutput } }
    }

    private let listener = Listener()

    private func query(_ words: String...) throws -> ActionQuery {
        try ActionQuery(
            words, host: .current(), project: { throw Failure(.internalError, "no project") })
    }

    /// A home in which `derive ruby` failed at its second step.
    private func withFailure(_ body: (ExecutionFixture, ShellWorkflow) async throws -> Void)
        async throws
    {
        try await ExecutionFixture.with { fixture in
            let action = Action(
                id: ActionID("derive ruby"), inputs: ["root": .blob(ExecutionFixture.root)],
                operation: .steps(
                    StepsOperation(
                        steps: [
                            .init("prepare", ["mkdir", "/build/ruby"], in: "/build"),
                            .init(
                                "make",
                                ["sh", "-c", "echo \"it's $WORD\" > file; exit 5", "{jobs}"],
                                in: "/build/ruby"),
                        ], environment: ["WORD": "so"], outputs: [:])))
            await #expect(throws: Failure.self) {
                try await fixture.executor().run(Plan([action]))
            }
            try await body(fixture, ShellWorkflow(home: fixture.home, runner: listener))
        }
    }

    @Test func aCommandSeesWhatTheStepLeft() async throws {
        try await withFailure { _, shell in
            let room = try shell.room(for: query("derive"), kind: nil)
            #expect(room.failure?.action == "derive ruby")
            let ending = try await shell.open(room, .command(["cat", "file"]))
            #expect(ending == .exited(0))
            #expect(listener.output == "it's so\n")
        }
    }

    /// Else `lapidary cache prune` would pull the root away below it.
    @Test func theRootIsInUseMeanwhile() async throws {
        try await withFailure { fixture, shell in
            let room = try shell.room(for: query("derive"), kind: nil)
            async let ending = shell.open(
                room, .command(["sh", "-c", "touch begun; sleep 2"]))
            let hasBegun = try await eventually {
                try FileTree.entries(below: fixture.home.failures).contains {
                    $0.path.hasSuffix("/begun")
                }
            }
            #expect(hasBegun)
            let trash = fixture.home.temporary
            #expect(try FolderUse.takeUnlessUsed(room.root, into: trash) == nil)
            #expect(try await ending == .exited(0))
        }
    }

    @Test func theExitCodeIsTheCommands() async throws {
        try await withFailure { _, shell in
            let room = try shell.room(for: query("derive", "ruby"), kind: nil)
            let ending = try await shell.open(
                room, .command(["sh", "-c", "id -u; echo $WORD; pwd; exit 9"]))
            #expect(ending == .exited(9))
            #expect(listener.output == "1000\nso\n/build/ruby\n")
        }
    }

    @Test func theStepCanBeRepeatedWordForWord() async throws {
        try await withFailure { _, shell in
            let room = try shell.room(for: query("derive"), kind: "derive")
            #expect(
                room.stepCommand == #"sh -c 'echo "it'\''s $WORD" > file; exit 5' 3"#)
            let ending = try await shell.open(
                room, .command(["sh", "-c", "echo changed > file; cd /; /tmp/step; echo $?"]))
            #expect(ending == .exited(0))
            #expect(listener.output == "5\n")
            _ = try await shell.open(room, .command(["cat", "file"]))
            #expect(listener.output == "it's so\n")
        }
    }

    @Test func anInteractiveShellKeepsTheSessionAndCannotTypeIntoIt() async throws {
        try await withFailure { _, shell in
            let room = try shell.room(for: query("derive"), kind: nil)
            // Standard input is empty here, so the shell ends at once.
            let ending = try await shell.open(room, .shell(terminalType: "dumb"))
            #expect(ending == .exited(0))
        }
    }

    @Test func whatIsNotKeptAnyMoreIsSaid() async throws {
        try await withFailure { fixture, shell in
            let entry = try #require(try FailedActions(store: fixture.store).all().first)
            try Files.remove(FailedActions.workspace(in: entry.folder))
            let failure = #expect(throws: Failure.self) {
                try shell.room(for: query("derive"), kind: nil)
            }
            #expect(failure?.kind == .failed)
            #expect(failure?.message == "the sandbox of `derive ruby` is not kept any more")
        }
    }

    @Test func wordsThatNameNothingGetASuggestion() async throws {
        try await withFailure { fixture, shell in
            _ = try await fixture.executor().run(Plan([fixture.action("package it", ["true"])]))
            let unknown = #expect(throws: Failure.self) {
                try shell.room(for: query("derve"), kind: nil)
            }
            #expect(unknown?.kind == .usage)
            #expect(unknown?.hint == "did you mean `derive`? known: derive, package")
            let kind = #expect(throws: Failure.self) {
                try shell.room(for: query("derive"), kind: "compile")
            }
            #expect(kind?.kind == .usage)
            let fine = #expect(throws: Failure.self) {
                try shell.room(for: query("package", "it"), kind: nil)
            }
            #expect(fine?.kind == .failed)
            #expect(fine?.message == "no failed action of `package it` is known")
        }
    }
}
