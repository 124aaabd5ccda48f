import Foundation
import HostSystem
import SystemPackage
import Testing

extension Acceptance {
    /// One clear sentence and the right exit code, and nothing half-written left.
    @Suite struct BadInput {
        private static let patch = "Patches/ruby-3.3/0001-malloc-trim-after-major-gc.patch"

        /// Builds a project in which one text was replaced, and gives what it said on its failure.
        private func complaint(
            about selection: String, replacing old: String, with new: String, in file: String,
            exitCode: Int, and more: [(String, String)] = [],
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> String {
            _ = try await Laboratory.shared.published()
            let result = try await Laboratory.withProject { project in
                for (old, new) in [(old, new)] + more {
                    try Laboratory.replace(old, with: new, in: project.appending(file))
                }
                return try await Laboratory.run(["build", selection], project: project)
            }
            #expect(result.ending == .exited(exitCode), sourceLocation: sourceLocation)
            #expect(
                try Laboratory.leftovers(in: Laboratory.home) == [],
                sourceLocation: sourceLocation)
            return result.standardError
        }

        @Test("other bytes than the recipe's never enter the store")
        func wrongDigest() async throws {
            _ = try await Laboratory.shared.published()
            let real = "e2e1233ad275b7623a05edf23a01192626d1da454bdfe353a28a87acd8ef015c"
            let wrong = String(real.reversed())
            let stored = Laboratory.home.appending("blobs/e2/\(real)")
            let aside = stored.removingLastComponent().appending("aside")
            try Files.move(stored, to: aside)
            defer { try? Files.move(aside, to: stored) }
            let complaint = try await complaint(
                about: Laboratory.selection, replacing: real, with: wrong,
                in: "Recipes/ruby/3.3.yaml", exitCode: 4)
            #expect(
                complaint.contains(
                    "error: could not download ruby3.3_3.3.8.orig.tar.xz"), "\(complaint)")
            #expect(
                complaint.contains("gave other bytes: expected sha256 \(wrong), got \(real)"),
                "\(complaint)")
            #expect(!Files.exists(stored))
        }

        @Test("a patch that no longer applies is named with its hunk")
        func stalePatch() async throws {
            let complaint = try await complaint(
                about: "3.3@trim:bookworm", replacing: "ATOMIC_EXCHANGE(finalizing, 1)",
                with: "ATOMIC_EXCHANGE(finalizing, 2)", in: Self.patch, exitCode: 1)
            #expect(
                complaint.contains(
                    "error: the patch `\(Self.patch)` no longer applies: hunk #3 of gc.c fails"
                        + " at line 4"), "\(complaint)")
        }

        @Test("a compile error shows the end of the log and where the log is")
        func compileError() async throws {
            let complaint = try await complaint(
                about: "3.3@trim:bookworm", replacing: "+/* HAVE_MALLOC_TRIM is not enough:",
                with: "+#error planted /* not enough:", in: Self.patch, exitCode: 1)
            #expect(
                complaint.contains(
                    "error: `derive ruby-3.3.8-trim bookworm/amd64` failed at step `make`:"
                        + " exit code 2"), "\(complaint)")
            #expect(complaint.contains("#error planted"))
            let line = try #require(
                complaint.split(whereSeparator: \.isNewline)
                    .first { $0.contains("the whole log: ") })
            let log = FilePath(String(line.trimmingPrefix { $0 != "/" }))
            #expect(try Files.readText(log).contains("#error planted"))
        }

        @Test("a build that lost what it promises fails, and says so")
        func lostYJIT() async throws {
            // The interpreter's word for it is lost; `assert` asks the interpreter.
            let path = Self.patch
            let complaint = try await complaint(
                about: "3.3@trim:bookworm", replacing: "@@ -60,6 +60,12 @@\n",
                with: "@@ -60,6 +60,14 @@\n", in: path, exitCode: 1,
                and: [
                    (
                        "+/* As GC_MALLOC_TRIM_SUPPORTED in gc_malloc_trim.h. */\n",
                        "+#undef YJIT_DESCRIPTION\n+#define YJIT_DESCRIPTION \"\"\n"
                            + "+/* As GC_MALLOC_TRIM_SUPPORTED in gc_malloc_trim.h. */\n"
                    )
                ])
            #expect(
                complaint.contains("failed at step `assert`: exit code 1"), "\(complaint)")
            #expect(complaint.contains("`ruby --yjit -v` lacks +YJIT"), "\(complaint)")
        }

        private func withoutMirror(in project: FilePath) async throws -> String {
            try await Laboratory.withFolder { folder in
                let home = folder.appending("home")
                let result = try await Laboratory.run(
                    ["build", Laboratory.selection, "--mirror", "http://127.0.0.1:9/debian"],
                    project: project, home: home)
                #expect(result.ending == .exited(3))
                #expect(try Laboratory.leftovers(in: home) == [])
                return result.standardError
            }
        }

        @Test("no mirror answers: exit code 3 and what to do")
        func noMirror() async throws {
            let complaint = try await Laboratory.withProject { try await withoutMirror(in: $0) }
            #expect(
                complaint.contains("error: no mirror gave the package lists of bookworm"),
                "\(complaint)")
            #expect(complaint.contains("hint: check the network"))
        }

        @Test("no mirror has what is locked: exit code 3 and what to do")
        func noMirrorForTheLock() async throws {
            let project = try await Laboratory.shared.project()
            let complaint = try await withoutMirror(in: project)
            let sentence = try Regex(
                "error: the locked package .* is neither in the store nor on the mirror\n")
            #expect(complaint.contains(sentence), "\(complaint)")
            #expect(complaint.contains("curl: (7) Failed to connect"))
            #expect(complaint.contains("hint: copy "))
        }

        @Test("no bubblewrap: exit code 3 and the package to install")
        func noBubblewrap() async throws {
            try await Laboratory.withFolder { folder in
                for place: FilePath in ["/usr/sbin", "/usr/bin", "/sbin", "/bin"] {
                    for name in try Files.names(in: place) where name != "bwrap" {
                        // The same program in two places is linked once.
                        try? FileManager.default.createSymbolicLink(
                            atPath: folder.appending(name).string,
                            withDestinationPath: place.appending(name).string)
                    }
                }
                let result = try await Laboratory.run(
                    ["build", Laboratory.selection], environment: ["PATH": folder.string])
                #expect(result.ending == .exited(3))
                #expect(result.standardError.contains("error: missing programs: bwrap"))
                #expect(
                    result.standardError.contains("hint: install them: apt-get install bubblewrap"))
            }
        }

        @Test("user namespaces are forbidden: exit code 3 and the reason")
        func noNamespaces() async throws {
            let result = try await SubprocessRunner().capture(
                Command(
                    "bwrap",
                    [
                        "--dev-bind", "/", "/", "--unshare-user", "--disable-userns", "--",
                        Laboratory.program.string, "build", Laboratory.selection,
                    ], environment: ["LAPIDARY_HOME": Laboratory.home.string],
                    workingDirectory: Laboratory.shared.project()))
            #expect(result.ending == .exited(3))
            #expect(
                result.standardError.contains(
                    "error: bubblewrap cannot make a sandbox here: bwrap:"),
                "\(result.standardError)")
            #expect(result.standardError.contains("hint: "))
        }
    }
}
