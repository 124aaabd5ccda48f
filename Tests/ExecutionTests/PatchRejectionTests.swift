import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// What patch(1) itself prints, turned into one sentence.
@Suite struct PatchRejectionTests {
    private static let isHere = Programs.has("patch")
    private static let name = "Patches/ruby-3.3/0001-change.patch"

    /// A patch of one file that changes its lines 3 and 33.
    private static let patch = """
        Description: two hunks
        --- a/gc.c
        +++ b/gc.c
        @@ -1,5 +1,5 @@
         line 1
         line 2
        -line 3
        +changed 3
         line 4
         line 5
        @@ -31,5 +31,5 @@
         line 31
         line 32
        -line 33
        +changed 33
         line 34
         line 35

        """

    /// The source as the patch wants it.
    private static let source = (1...40).map { "line \($0)\n" }.joined()

    /// Runs patch as a build does.
    private func output(source: String?, patch: String = patch, times: Int = 1) async throws
        -> (text: String, result: String)
    {
        try await Scratch.with { folder in
            try Files.write(patch, to: folder.appending("change.patch"))
            if let source { try Files.write(source, to: folder.appending("gc.c")) }
            let log = folder.appending("log")
            for _ in 1...times {
                try Files.write("", to: log)
                let ending = try await SubprocessRunner().run(
                    Command(
                        "patch",
                        [
                            "--strip=1", "--fuzz=0", "--forward", "--batch", "--reject-file=-",
                            "--input=change.patch",
                        ], environment: ["LC_ALL": "C.UTF-8"], workingDirectory: folder),
                    appendingTo: log)
                if source == Self.source, times == 1 { #expect(ending == .exited(0)) }
            }
            let result = (try? Files.readText(folder.appending("gc.c"))) ?? ""
            return (try Files.readText(log), result)
        }
    }

    @Test(.enabled(if: isHere, "SKIPPED: patch is not installed here"))
    func aPatchThatAppliesChangesTheFile() async throws {
        let done = try await output(source: Self.source)
        #expect(done.result.contains("changed 3\n"))
        #expect(done.result.contains("changed 33\n"))
    }

    @Test(
        .enabled(if: isHere, "SKIPPED: patch is not installed here"),
        arguments: [
            ("line 33\n", 2, 31), ("line 3\n", 1, 1), ("line 35\n", 2, 31),
        ])
    func theFirstFailingHunkIsNamed(line: String, hunk: Int, place: Int) async throws {
        let source = Self.source.replacing(line, with: "another\n")
        let done = try await output(source: source)
        #expect(
            PatchRejection.message(patch: Self.name, output: done.text)
                == "the patch `\(Self.name)` no longer applies:"
                + " hunk #\(hunk) of gc.c fails at line \(place)")
    }

    @Test(.enabled(if: isHere, "SKIPPED: patch is not installed here"))
    func aPatchThatIsThereAlreadyIsSaidToBe() async throws {
        let done = try await output(source: Self.source, times: 2)
        let message = PatchRejection.message(patch: Self.name, output: done.text)
        #expect(message.hasPrefix("the patch `\(Self.name)` cannot be applied: "))
        #expect(message.contains("ignored"))
    }

    @Test(.enabled(if: isHere, "SKIPPED: patch is not installed here"))
    func aMissingFileIsNamed() async throws {
        let done = try await output(source: nil)
        let message = PatchRejection.message(patch: Self.name, output: done.text)
        #expect(message.hasPrefix("the patch `\(Self.name)` cannot be applied: "))
    }

    @Test(.enabled(if: isHere, "SKIPPED: patch is not installed here"))
    func garbageIsSaidToBe() async throws {
        let done = try await output(source: Self.source + "x", patch: "no patch at all\n")
        #expect(
            PatchRejection.message(patch: Self.name, output: done.text).hasSuffix(
                "Only garbage was found in the patch input."))
    }

    @Test func withoutOutputThereIsNoReason() {
        #expect(
            PatchRejection.message(patch: "p", output: "")
                == "the patch `p` cannot be applied: patch gave no reason")
    }
}
