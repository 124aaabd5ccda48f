import Foundation
import HostSystem
import Store
import SystemPackage
import Testing

extension Acceptance {
    /// One clear sentence and the right exit code, and nothing half-written left.
    @Suite struct BadInput {
        private static let patch = "Patches/ruby-3.3/0001-malloc-trim-after-major-gc.patch"

        @Test("other bytes than the recipe's never enter the store")
        func wrongDigest() async throws {
            _ = try await Laboratory.shared.published()
            try await Laboratory.withProject { project in
                let real = "e2e1233ad275b7623a05edf23a01192626d1da454bdfe353a28a87acd8ef015c"
                let wrong = String(real.reversed())
                try Laboratory.replace(
                    real, with: wrong, in: project.appending("Recipes/ruby/3.3.yaml"))
                let store = Laboratory.home.appending("blobs/e2/\(real)")
                try Files.remove(store)
                let result = try await Laboratory.run(
                    ["build", Laboratory.selection], project: project)
                #expect(result.ending == .exited(4))
                #expect(
                    result.standardError.contains(
                        "error: wrong bytes for ruby3.3_3.3.8.orig.tar.xz:"
                            + " expected sha256 \(wrong), found \(real)"))
                #expect(!Files.exists(store))
            }
            #expect(try Laboratory.leftovers(in: Laboratory.home) == [])
        }

        @Test("a patch that no longer applies is named with its hunk")
        func stalepatch() async throws {
            _ = try await Laboratory.shared.published()
            try await Laboratory.withProject { project in
                try Laboratory.replace(
                    " #define TICK_TYPE 1", with: " #define TICK_TYPE 2",
                    in: project.appending(Self.patch))
                let result = try await Laboratory.run(
                    ["build", "3.3@trim:bookworm"], project: project)
                #expect(result.ending == .exited(1))
                #expect(
                    result.standardError.contains(
                        "error: the patch `\(Self.patch)` no longer applies: hunk #3 of gc.c fails"
                            + " at line 4"), "\(result.standardError)")
            }
            #expect(try Laboratory.leftovers(in: Laboratory.home) == [])
        }

        @Test("a compile error shows the end of the log and where the log is")
        func compileError() async throws {
            _ = try await Laboratory.shared.published()
            try await Laboratory.withProject { project in
                try Laboratory.replace(
                    "+/* HAVE_MALLOC_TRIM is not enough:", with: "+#error planted /* not enough:",
                    in: project.appending(Self.patch))
                let result = try await Laboratory.run(
                    ["build", "3.3@trim:bookworm"], project: project)
                #expect(result.ending == .exited(1))
                #expect(
                    result.standardError.contains(
                        "error: `derive ruby-3.3.8-trim bookworm/amd64` failed at step `make`:"
                            + " exit code 2"), "\(result.standardError)")
                #expect(result.standardError.contains("#error planted"))
                let line = try #require(
                    result.standardError.split(whereSeparator: \.isNewline)
                        .first { $0.contains("the whole log: ") })
                let log = line.trimmingPrefix { $0 != "/" }
                #expect(try Files.readText(FilePath(String(log))).contains("#error planted"))
            }
            #expect(try Laboratory.leftovers(in: Laboratory.home) == [])
        }

        @Test("a build that lost YJIT fails, and says so")
        func lostYJIT() async throws {
            _ = try await Laboratory.shared.published()
            try await Laboratory.withProject { project in
                // The assertion is what is tested: it is told to look at a tree without YJIT.
                try Laboratory.replace(
                    "RUBY_VERSION", with: "(Object.send(:remove_const, :RubyVM); RUBY_VERSION)",
                    in: project.appending("Recipes/steps/assert-build.rb"))
                let result = try await Laboratory.run(
                    ["build", "3.3@plain:bookworm"], project: project)
                #expect(result.ending == .exited(1))
                #expect(result.standardError.contains("failed at step `assert`"))
                #expect(result.standardError.contains("YJIT"), "\(result.standardError)")
            }
        }

        @Test("no mirror answers: exit code 3 and what to do")
        func noMirror() async throws {
            try await Laboratory.withFolder { folder in
                let result = try await Laboratory.run(
                    ["build", Laboratory.selection, "--mirror", "http://127.0.0.1:9/debian"],
                    home: folder.appending("home"))
                #expect(result.ending == .exited(3))
                #expect(
                    result.standardError.contains(
                        "error: no mirror gave the package lists of bookworm"))
                #expect(result.standardError.contains("hint: check the network"))
                #expect(try Laboratory.leftovers(in: folder.appending("home")) == [])
            }
        }

        @Test("no bubblewrap: exit code 3 and the package to install")
        func noBubblewrap() async throws {
            try await Laboratory.withFolder { folder in
                let path = "/usr/sbin:/usr/bin:/sbin:/bin"
                for place in path.split(separator: ":").map({ FilePath(String($0)) }) {
                    for name in try Files.names(in: place) where name != "bwrap" {
                        let link = folder.appending(name).string
                        try? FileManager.default.createSymbolicLink(
                            atPath: link, withDestinationPath: place.appending(name).string)
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
                    workingDirectory: Laboratory.root))
            #expect(result.ending == .exited(3))
            #expect(
                result.standardError.contains(
                    "error: bubblewrap cannot make a sandbox here: bwrap:"),
                "\(result.standardError)")
            #expect(result.standardError.contains("hint: "))
        }
    }
}
