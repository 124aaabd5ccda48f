import Diagnostics
import Digest
import HostSystem
import Planning
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// `Recipes/steps/configure.sh`, around a configure that keeps its answers as autoconf's do.
@Suite(.enabled(if: Programs.has("bwrap"), "SKIPPED: bubblewrap is not installed here"))
struct ConfigureScriptTests {
    private static let script = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent().appending("Recipes/steps/configure.sh")

    /// Says in `said` whether it had to ask, and what its arguments were.
    private static let configure = """
        . "$CONFIG_SITE"
        if test -r "$cache_file"; then . "$cache_file"; fi
        if test -z "$answer"; then said=asked; answer=42; else said=knew; fi
        echo "answer=$answer" > "$cache_file"
        echo "$said $*" > said
        """

    private func action(
        _ arguments: [String], configure: String = configure, keeps: Bool = true
    ) throws -> Action {
        let path = "Recipes/steps/configure.sh"
        return Action(
            id: ActionID("compile it"),
            inputs: [
                "root": .blob(ExecutionFixture.root),
                path: .blob(SHA256Digest(of: try Files.readBytes(Self.script))),
            ],
            operation: .steps(
                StepsOperation(
                    steps: [
                        .init(
                            "write",
                            [
                                "sh", "-c",
                                #"printf '#!/bin/sh\n%s\n' "$1" > configure && chmod 755 configure"#,
                                "sh", configure,
                            ], in: "/build"),
                        .init(
                            "configure", ["sh", "/inputs/\(path)", "2"] + arguments, in: "/build"),
                        .init("keep", ["cp", "said", "/outputs/out"], in: "/build"),
                    ],
                    environment: keeps ? ["CCACHE_DIR": CompileCache.folder] : [:],
                    outputs: ["out": "out"])))
    }

    /// Runs actions one after another in one home, forgetting their results, and gives what
    /// configure said.
    private func said(_ actions: [Action]) async throws -> [String] {
        var said: [String] = []
        try await ExecutionFixture.with { fixture in
            try fixture.store.insert(try Files.readBytes(Self.script))
            for action in actions {
                do {
                    said.append(try await fixture.text(action))
                } catch {
                    said.append("failed\n")
                }
                try await Files.removeTree(fixture.home.results)
                try Files.createDirectory(fixture.home.results)
            }
        }
        return said
    }

    @Test func theSameQuestionsAreAskedOnce() async throws {
        let action = try action(["--prefix=/a b", "CC=gcc"])
        #expect(
            try await said([action, action]) == [
                "asked --prefix=/a b CC=gcc\n", "knew --prefix=/a b CC=gcc\n",
            ])
    }

    @Test func otherArgumentsAreAskedAnew() async throws {
        #expect(
            try await said([action(["--a", "b"]), action(["--a b"]), action(["--a", "b"])]) == [
                "asked --a b\n", "asked --a b\n", "knew --a b\n",
            ])
    }

    @Test func anotherConfigureAsksAnew() async throws {
        let other = Self.configure + "\n: # another release's"
        #expect(
            try await said([action([]), action([], configure: other)]) == ["asked \n", "asked \n"])
    }

    @Test func nothingIsKeptOfAFailure() async throws {
        let failing = try action([], configure: Self.configure + "\ntest $said = knew")
        #expect(try await said([failing, failing]) == ["failed\n", "failed\n"])
    }

    @Test func withoutAFolderEverythingIsAsked() async throws {
        let action = try action([], keeps: false)
        #expect(try await said([action, action]) == ["asked \n", "asked \n"])
    }

    /// A ccache that says what it was asked for, a compiler that says what it was told, and leaves
    /// the file of dependencies; and a make that calls it.
    private static let compilation = #"""
        mkdir bin
        printf '#!/bin/sh\necho "ccache $*" >> /build/all\nexec "$@"\n' > bin/ccache
        printf '#!/bin/sh\necho "gcc $*" >> /build/all\nfor word; do\n' > bin/gcc
        printf 'case $word in *.d) echo > "$word";; esac\ndone\n' >> bin/gcc
        chmod 755 bin/ccache bin/gcc
        PATH=/build/compilers:/build/bin:$PATH
        sh "$0" 2 && gcc -O1 -c main.c && gcc main.o -o main
        ls /tmp/*.d >> all
        while read -r one two three four file rest; do
          case $one in
            ccache) echo "$one $two $three $four ${file##*/[0-9]*.} $rest" ;;
            *) echo "$one $two ${rest:+and more}" ;;
          esac
        done < all > said
        """#

    @Test func compilersAskTheCacheWithoutPreprocessing() async throws {
        let usual = try action([])
        guard case .steps(let operation) = usual.operation else {
            Issue.record("it has no steps")
            return
        }
        let path = "/inputs/Recipes/steps/configure.sh"
        let steps =
            operation.steps.prefix(1) + [
                .init("compile", ["sh", "-c", Self.compilation, path], in: "/build")
            ] + operation.steps.suffix(1)
        let action = Action(
            id: usual.id, inputs: usual.inputs,
            operation: .steps(
                StepsOperation(
                    steps: Array(steps), environment: operation.environment,
                    outputs: operation.outputs)))
        let told = try await said([action])
        #expect(
            told == [
                "ccache /build/bin/gcc -MD -MF d -O1 -c main.c\ngcc -MD and more\ngcc main.o \n"
            ])
    }
}
