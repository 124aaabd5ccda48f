import HostSystem
import SystemPackage
import TestSupport
import Testing

/// What `smoke` refuses before it does any work, and what it lists.
@Suite struct SmokeTests {
    private static let cell = "3.3@trim:bookworm"

    @Test func theListNamesEveryCheckWithItsReason() async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run("smoke", "--list")
            #expect(result.succeeded)
            #expect(result.standardOutput.hasPrefix("CHECK "))
            #expect(result.standardOutput.contains("yaml  "))
            #expect(result.standardOutput.contains("YAML can be read and written"))
            let json = try await fixture.run("smoke", "--list", "--json").json()
            let checks = try #require(json["checks"] as? [[String: Any]])
            #expect(checks.first?["name"] as? String == "install")
            let variants = try #require(checks.first?["variants"] as? [String])
            #expect(variants.first == "plain" && variants.contains("jemalloc"))
            #expect(checks.allSatisfy { $0["reason"] as? String != "" })
            // A list is no work.
            #expect(!Files.exists(fixture.home))
        }
    }

    @Test func aMistypedCheckGetsASuggestion() async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run("smoke", Self.cell, "--only", "zlib,yalm")
            #expect(result.ending == .exited(64))
            #expect(result.standardError.contains("error: there is no smoke check `yalm`\n"))
            #expect(result.standardError.contains("hint: did you mean `yaml`?"))
            #expect(!Files.exists(fixture.home))
        }
    }

    @Test(arguments: ["", "yaml,", ",yaml"])
    func anEmptyNameIsRefused(names: String) async throws {
        try await CLIFixture.with { fixture in
            let result = try await fixture.run("smoke", Self.cell, "--only", names)
            #expect(result.ending == .exited(64))
            #expect(result.standardError.contains("has an empty name"))
        }
    }

    @Test func aReportThatCannotBeWrittenIsRefusedFirst() async throws {
        try await CLIFixture.with { fixture in
            for path in ["none/report.xml", "Recipes"] {
                let result = try await fixture.run("smoke", Self.cell, "--junit", path)
                #expect(result.ending == .exited(64))
                #expect(
                    result.standardError.contains(
                        "error: cannot write `\(fixture.project)/\(path)`"))
                #expect(!Files.exists(fixture.home))
            }
        }
    }

    @Test func aDebThatIsNoneIsRefused() async throws {
        try await CLIFixture.with { fixture in
            let missing = try await fixture.run("smoke", Self.cell, "--deb", "none.deb")
            #expect(missing.ending == .exited(64))
            #expect(
                missing.standardError.contains(
                    "error: there is no file `\(fixture.project)/none.deb`"))
            try Files.write("no package", to: fixture.project.appending("bad.deb"))
            let bad = try await fixture.run("smoke", Self.cell, "--deb", "bad.deb")
            #expect(bad.ending == .exited(64))
            #expect(bad.standardError.contains("hint: is it a complete .deb?"))
        }
    }

    @Test func aDebIsOfOneCell() async throws {
        try await CLIFixture.with { fixture in
            let tree = fixture.folder.appending("tree/DEBIAN")
            try Files.createDirectory(tree)
            try Files.write(
                "Package: a\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\nDescription: a\n",
                to: tree.appending("control"))
            let deb = fixture.folder.appending("a.deb")
            _ = try await SubprocessRunner().output(
                of: Command(
                    "dpkg-deb", ["--build", tree.removingLastComponent().string, deb.string]),
                purpose: "make a package")
            let result = try await fixture.run(
                "smoke", "3.3@plain,trim:bookworm", "--deb", deb.string)
            #expect(result.ending == .exited(64))
            #expect(
                result.standardError.contains(
                    "error: one .deb is one package, but the selection means 2"))
        }
    }
}
