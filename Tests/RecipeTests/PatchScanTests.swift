import Diagnostics
import Testing

@testable import Recipe

/// Patches that do more than change plain files below the tree.
@Suite struct PatchScanTests {
    /// A good hunk, three lines long.
    private static let hunk = "@@ -1,2 +1,2 @@\n int a;\n-int b;\n+int c;\n"

    private func problems(_ diff: String) -> [String] {
        let problems = Problems()
        let bytes = Array("Description: x\nAuthor: y\n\(diff)".utf8)
        PatchScan.check(ProjectFile(path: "p", bytes: bytes), problems)
        return problems.sorted.map(\.description)
    }

    @Test(arguments: [
        ("../../etc/x", "3:1: error: `../../etc/x` leads out of the tree"),
        ("a/../../etc/x", "3:1: error: `a/../../etc/x` leads out of the tree"),
        ("a/.. b/x", "3:1: error: `a/.. b/x` leads out of the tree"),
        ("a/x ../../y", "3:1: error: `a/x ../../y` leads out of the tree"),
        ("/etc/x", "3:1: error: `/etc/x` is an absolute file name"),
        ("a//etc/x", "3:1: error: `a//etc/x` is an absolute file name"),
        ("a/x /etc/y", "3:1: error: `a/x /etc/y` is an absolute file name"),
        (
            "\"a/\\056\\056/x\"",
            "3:1: error: the quoted file name `\"a/\\056\\056/x\"` is not accepted"
        ),
        (
            "gc.c",
            "3:1: error: `gc.c` has no folder in front, which is stripped; make the patch with -p1"
        ),
    ])
    func namesThatLeadOutAreRefused(name: String, problem: String) {
        #expect(problems("--- \(name)\n+++ b/gc.c\n\(Self.hunk)") == ["p:\(problem)"])
        let second = "p:" + problem.replacing("3:1:", with: "4:1:")
        #expect(problems("--- a/gc.c\n+++ \(name)\n\(Self.hunk)") == [second])
        #expect(problems("--- a/gc.c\n+++ \(name)\t2025-04-09\n\(Self.hunk)") == [second])
        #expect(
            problems("Index: \(name)\n--- a/gc.c\n+++ b/gc.c\n\(Self.hunk)") == ["p:\(problem)"])
    }

    @Test func namesInALaterDiffCountToo() {
        let good = "--- a/gc.c\n+++ b/gc.c\n\(Self.hunk)"
        #expect(
            problems(good + "--- /dev/null\n+++ b/../../x\n@@ -0,0 +1 @@\n+x\n")
                == ["p:10:1: error: `b/../../x` leads out of the tree"])
    }

    @Test(arguments: [
        ("diff --git a/../x b/x\n", "3:1: error: `a/../x` leads out of the tree"),
        ("rename from ../x\nrename to y\n", "3:1: error: `../x` leads out of the tree"),
        ("rename from x\nrename to /etc/y\n", "4:1: error: `/etc/y` is an absolute file name"),
        ("copy from x\ncopy to ../y\n", "4:1: error: `../y` leads out of the tree"),
    ])
    func gitsOwnNamesAreReadToo(diff: String, problem: String) {
        #expect(problems(diff) == ["p:\(problem)"])
    }

    @Test(arguments: [
        ("new file mode 120000\n", "a symbolic link"),
        ("old mode 120000\n", "a symbolic link"),
        ("index 0123456..789abcd 120000\n", "a symbolic link"),
        ("deleted file mode 120000\n", "a symbolic link"),
        ("new file mode 104755\n", "a file of mode 104755"),
        ("new mode 102755\n", "a file of mode 102755"),
        ("new file mode 160000\n", "a file of mode 160000"),
        ("new file mode 020644\n", "a file of mode 020644"),
    ])
    func linksAndOddModesAreRefused(line: String, what: String) {
        #expect(
            problems("diff --git a/x b/x\n\(line)") == [
                "p:4:1: error: the patch makes or changes \(what); only plain files are accepted"
            ])
    }

    @Test(arguments: [
        ("*** a/gc.c\n", "context diffs are not accepted; make it with `diff -u` or `git diff`"),
        (
            "***************\n",
            "context diffs are not accepted; make it with `diff -u` or `git diff`"
        ),
        (
            "1d\n",
            "ed scripts and normal diffs are not accepted; make it with `diff -u` or"
                + " `git diff`"
        ),
        (
            "5,7c9\n",
            "ed scripts and normal diffs are not accepted; make it with `diff -u` or"
                + " `git diff`"
        ),
        ("GIT binary patch\n", "binary diffs are not accepted, since patch(1) cannot apply them"),
        (" --- a/gc.c\n", "this looks like an indented diff, which patch(1) would apply"),
        ("X+++ b/../../x\n", "this looks like an indented diff, which patch(1) would apply"),
        ("\tIndex: ../x\n", "this looks like an indented diff, which patch(1) would apply"),
        (
            "  diff --git a/../x b/x\n",
            "this looks like an indented diff, which patch(1) would apply"
        ),
    ])
    func otherKindsOfDiffsAreRefused(line: String, problem: String) {
        #expect(problems(line) == ["p:3:1: error: \(problem)"])
    }

    @Test(arguments: [
        // What hides in a hunk that claims to be longer than it is.
        ("@@ -1,9 +1,9 @@\n int a;\n--- a/x\n+++ b/../../x\n", "the last hunk is cut short"),
        ("@@ -1,9 +1,9 @@\n int a;\ndiff --git a/x b/x\n", "a hunk is cut short here"),
        ("@@ -1 +1,1 @@\n-a\n-b\n", "a hunk is longer here than its header says"),
        ("@@ -1,99999999999999999999 +1 @@\n a\n", "a hunk is longer here than its header says"),
    ])
    func hunksThatLieAreRefused(hunk: String, problem: String) {
        let found = problems("--- a/gc.c\n+++ b/gc.c\n\(hunk)")
        #expect(found.contains { $0.hasSuffix("error: \(problem)") }, "\(found)")
    }

    @Test(arguments: [
        "--- a/gc.c\n+++ b/gc.c\n\(hunk)",
        "--- a/gc.c\t2025-04-09 10:00:00\n+++ b/gc.c\t2025-04-09\n\(hunk)",
        "--- /dev/null\n+++ b/new.c\n@@ -0,0 +1,2 @@\n+--- ../x\n+*** x\n",
        // Lines of a hunk are never read as anything else.
        "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n ---\n--- ../../etc/x\n+++ ../../etc/x\n 1d\n",
        "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n",
        "diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n",
        "diff --git a/x b/x\nindex 0123456..789abcd 100644\n--- a/x\n+++ b/x\n\(hunk)",
        "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n",
        "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ int f()\n a\n\n",
        "--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n",
    ])
    func ordinaryPatchesPass(diff: String) {
        #expect(problems(diff) == [])
    }

    @Test func theProblemsOfAPatchAreTheProjects() {
        let fixture = Fixture.good.replacing(
            "+++ b/gc.c", in: "Patches/ruby-3.3/0001-trim.patch", with: "+++ b/../../etc/x")
        #expect(
            fixture.problems == [
                "Patches/ruby-3.3/0001-trim.patch:5:1: error: `b/../../etc/x` leads out of the tree"
            ])
    }
}
