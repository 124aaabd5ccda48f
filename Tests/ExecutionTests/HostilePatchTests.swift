import Diagnostics
import Digest
import HostSystem
import Planning
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// Patches that write elsewhere, given to patch(1) in the real sandbox as a build does; reading
/// the recipes refuses them already, and this is what holds if that fails.
@Suite(
    .enabled(
        if: Programs.has("bwrap") && Programs.has("patch"),
        "SKIPPED: bubblewrap or patch is not installed here"))
struct HostilePatchTests {
    private static let name = "Patches/ruby-3.3/0001-evil.patch"

    /// Applies patches one after another in a tree with a file; gives why that failed, if it did.
    private func failure(_ patches: [String], in fixture: ExecutionFixture) async throws -> Failure?
    {
        var inputs: [String: ActionInput] = ["root": .blob(ExecutionFixture.root)]
        var steps: [StepsOperation.Step] = [
            .init(
                "make a tree", ["sh", "-c", "mkdir ruby && echo int a\\; > ruby/gc.c"], in: "/build"
            )
        ]
        for (index, text) in patches.enumerated() {
            let name = Self.name.replacing("0001", with: "000\(index + 1)")
            let bytes = Array(text.utf8)
            try fixture.store.insert(bytes)
            inputs[name] = .blob(SHA256Digest(of: bytes))
            steps.append(
                .init(
                    "apply \(name)",
                    [
                        "patch", "--strip=1", "--fuzz=0", "--forward", "--batch",
                        "--reject-file=-", "--input=/inputs/\(name)",
                    ], in: "/build/ruby", patch: name))
        }
        // What the tree's surroundings have become is seen from outside.
        steps.append(
            .init("look", ["sh", "-c", "ls /outputs /build > /outputs/out"], in: "/build"))
        let action = Action(
            id: ActionID("derive it"), inputs: inputs,
            operation: .steps(
                StepsOperation(steps: steps, environment: [:], outputs: ["out": "out"])))
        do {
            let text = try await fixture.text(action)
            #expect(text == "/build:\nruby\n\n/outputs:\nout\n")
            return nil
        } catch let failure as Failure {
            return failure
        }
    }

    @Test(arguments: ["../../outputs/evil", "a/../../../outputs/evil"])
    func aPatchThatWritesElsewhereIsRefusedByName(target: String) async throws {
        try await ExecutionFixture.with { fixture in
            let failure = try await failure(
                ["--- /dev/null\n+++ b/\(target)\n@@ -0,0 +1 @@\n+evil\n"], in: fixture)
            #expect(failure?.kind == .failed)
            #expect(
                failure?.message.hasPrefix(
                    "the patch `\(Self.name)` is refused: it would write to `") == true,
                "\(failure?.message ?? "none")")
            try fixture.expectNoResults()
            try fixture.expectNoLeftovers()
        }
    }

    @Test(arguments: ["/outputs/evil", "b//outputs/evil"])
    func anAbsoluteNameStaysInTheTree(name: String) async throws {
        try await ExecutionFixture.with { fixture in
            // patch(1) strips the slash with the folder before it.
            let failure = try await failure(
                ["--- /dev/null\n+++ \(name)\n@@ -0,0 +1 @@\n+evil\n"], in: fixture)
            #expect(failure == nil, "\(failure?.message ?? "")")
        }
    }

    @Test(arguments: ["/outputs", "../../outputs", "/etc", ".."])
    func aPatchThroughALinkOfAnEarlierOneWritesNothing(target: String) async throws {
        let link = """
            diff --git a/link b/link
            new file mode 120000
            --- /dev/null
            +++ b/link
            @@ -0,0 +1 @@
            +\(target)
            \\ No newline at end of file

            """
        let file = """
            --- /dev/null
            +++ b/link/evil
            @@ -0,0 +1 @@
            +evil

            """
        try await ExecutionFixture.with { fixture in
            let failure = try await failure([link, file], in: fixture)
            #expect(failure?.kind == .failed, "\(failure?.message ?? "none")")
            #expect(failure?.message.contains("-evil.patch` ") == true)
            try fixture.expectNoResults()
            let root = fixture.home.roots.appending(ExecutionFixture.root.hex)
            #expect(!Files.exists(root.pushing("etc/evil")))
            #expect(!Files.exists("/etc/evil"))
            #expect(!Files.exists("/outputs/evil"))
        }
    }

    @Test func anEdScriptRunsNothing() async throws {
        // Old versions of patch gave such lines to ed(1), which runs what follows a `!`.
        try await ExecutionFixture.with { fixture in
            let failure = try await failure(
                ["--- a/gc.c\n+++ b/gc.c\n1c\n!touch /outputs/evil\n.\n"], in: fixture)
            #expect(failure != nil)
            try fixture.expectNoResults()
        }
    }

    @Test func aGoodPatchIsApplied() async throws {
        try await ExecutionFixture.with { fixture in
            let failure = try await failure(
                ["--- a/gc.c\n+++ b/gc.c\n@@ -1 +1 @@\n-int a;\n+int b;\n"], in: fixture)
            #expect(failure == nil, "\(failure?.message ?? "")")
        }
    }
}
