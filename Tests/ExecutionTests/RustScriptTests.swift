import Digest
import HostSystem
import Planning
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// `Recipes/steps/rustc.sh` behind `configure.sh`, around a rustc that says when it compiles.
@Suite(.enabled(if: Programs.has("bwrap"), "SKIPPED: bubblewrap is not installed here"))
struct RustScriptTests {
    private static let scripts = ["Recipes/steps/configure.sh", "Recipes/steps/rustc.sh"]

    private static func bytes(_ script: String) throws -> [UInt8] {
        let project = FilePath(#filePath).removingLastComponent().removingLastComponent()
            .removingLastComponent()
        return try Files.readBytes(project.pushing(FilePath(script)))
    }

    /// Sources with YJIT, and a rustc whose library is what it was made of.
    ///
    /// The file `said` gets what was compiled when; the arguments stand as in Ruby's common.mk.
    private static let preparation = #"""
        mkdir -p bin yjit/src
        cat > bin/rustc << 'END'
        #!/bin/sh
        [ "$1" = --version ] && { echo "asked for the version" >> /build/said; exit 0; }
        for word; do case $word in --out-dir=*) out=${word#*=} ;; esac; done
        echo "compiled $(cat yjit/src/lib.rs) with $3" >> /build/said
        [ ! -f yjit/src/broken ] || exit 3
        mkdir -p "$out" && cat yjit/src/lib.rs > "$out/libyjit.a"
        END
        printf '#!/bin/sh\n. "$CONFIG_SITE"; echo answer=1 > "$cache_file"; echo configured >> said' \
          > configure
        chmod 755 bin/rustc configure
        cat > common.mk << 'END'
        YJIT_RUSTC_ARGS = --crate-name=yjit \
        	-C \
        	opt-level=3 \
        	'--out-dir=$(CARGO_TARGET_DIR)/release/' \
        	$(top_srcdir)/yjit/src/lib.rs
        AFTER = it
        END
        printf one > yjit/src/lib.rs
        PATH=/build/compilers:/build/bin:$PATH
        configure() { sh /inputs/Recipes/steps/configure.sh "$@"; echo "configure is over" >> said; }
        build() {
          rustc --crate-name=yjit -C opt-level=3 --out-dir=/build/yjit/target/release/ \
            ./yjit/src/lib.rs
          echo "built $(cat yjit/target/release/libyjit.a)" >> said
        }

        """#

    /// Runs scripts one after another in one home, and gives what was said in each.
    private func said(_ scripts: [String], keeps: Bool = true) async throws -> [[String]] {
        var said: [[String]] = []
        try await ExecutionFixture.with { fixture in
            var inputs: [String: ActionInput] = [:]
            for script in Self.scripts {
                let bytes = try Self.bytes(script)
                try fixture.store.insert(bytes)
                inputs[script] = .blob(SHA256Digest(of: bytes))
            }
            for script in scripts {
                let action = fixture.action(
                    [Self.preparation + script + "\ncp said /outputs/out"], inputs: inputs,
                    environment: keeps ? ["CCACHE_DIR": CompileCache.folder] : [:],
                    outputs: ["out": "out"])
                said.append(
                    try await fixture.text(action).split(separator: "\n").map(String.init))
                try await Files.removeTree(fixture.home.results)
                try Files.createDirectory(fixture.home.results)
            }
        }
        return said
    }

    @Test func whileConfigureAsksTheLibraryIsCompiled() async throws {
        let said = try await said(["configure 2; build"])
        #expect(Set(said[0].prefix(2)) == ["configured", "compiled one with opt-level=3"])
        #expect(said[0].dropFirst(2) == ["configure is over", "built one"])
    }

    @Test func theNextBuildIsGivenIt() async throws {
        let said = try await said(["configure 2; build", "configure 2; build"])
        #expect(said[1] == ["configured", "configure is over", "built one"])
    }

    @Test func withOneJobNothingRunsBesideConfigure() async throws {
        let said = try await said(["configure 1; build"])
        #expect(
            said == [
                ["configured", "configure is over", "compiled one with opt-level=3", "built one"]
            ])
    }

    @Test func otherSourcesOrArgumentsAreCompiled() async throws {
        let said = try await said([
            "configure 1; build; printf two > yjit/src/lib.rs; build; build",
            "configure 1; printf two > yjit/src/lib.rs; build"
                + "; rustc --crate-name=yjit -C opt-level=0 --out-dir=x ./yjit/src/lib.rs",
        ])
        #expect(
            said[0].dropFirst(2) == [
                "compiled one with opt-level=3", "built one", "compiled two with opt-level=3",
                "built two", "built two",
            ])
        #expect(
            said[1].dropFirst(2) == ["built two", "compiled two with opt-level=0"])
    }

    @Test func whatDoesNotCompileIsNotKept() async throws {
        let said = try await said([
            "touch yjit/src/broken; configure 2; rustc --crate-name=yjit -C opt-level=3"
                + " --out-dir=/build/x ./yjit/src/lib.rs || echo \"exit $?\" >> said"
        ])
        #expect(
            said[0].dropFirst(2) == [
                "configure is over", "compiled one with opt-level=3", "exit 3",
            ])
    }

    @Test func everythingElseGoesToRustc() async throws {
        let said = try await said(["configure 1; rustc --version"])
        #expect(said == [["configured", "configure is over", "asked for the version"]])
    }

    @Test func withoutAFolderRustcIsCalledByMakeAlone() async throws {
        let said = try await said(["configure 2; build"], keeps: false)
        #expect(
            said == [
                ["configured", "configure is over", "compiled one with opt-level=3", "built one"]
            ])
    }
}
