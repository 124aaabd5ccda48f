import Debian
import HostSystem
import Packaging
import SystemPackage
import Testing

/// What the real tools make of the texts.
@Suite struct PackageToolTests {
    private let runner = SubprocessRunner()

    private func withFolder<Value>(_ body: (FilePath) async throws -> Value) async throws -> Value {
        try await TemporaryDirectory.with(in: "/tmp", name: "lapidary-packaging", body)
    }

    @Test func dpkgReadsTheChangelog() async throws {
        try await withFolder { folder in
            let file = folder.appending("changelog")
            try Files.write(
                samplePackage().changelog(distribution: "bookworm", changes: ["Built."]), to: file)
            let output = try await runner.output(
                of: Command("dpkg-parsechangelog", ["-l", file.string]),
                purpose: "read the changelog")
            let stanza = try ControlStanza.parse(output, source: "dpkg-parsechangelog")
            #expect(stanza["Source"] == "lapidary-ruby-3.3.8-trim")
            #expect(stanza["Version"] == "3.3.8-1+deb12")
            #expect(stanza["Distribution"] == "bookworm")
            #expect(stanza["Maintainer"] == "Lapidary <lapidary@example.org>")
            #expect(stanza["Timestamp"] == "1744195315")
            #expect(stanza["Changes"]?.hasSuffix("* Built.") == true)
        }
    }

    @Test func aPurgeRemovesWhatPeopleInstalledAndARemovalDoesNot() async throws {
        try await withFolder { folder in
            let prefix = folder.appending("rubies/ruby-3.3.8-trim")
            let script = folder.appending("postrm")
            try Files.write(try samplePackage(prefix: prefix.string).postrm, to: script)
            func postrm(_ arguments: String...) async throws {
                let result = try await runner.capture(Command("sh", [script.string] + arguments))
                #expect(result.succeeded, "\(result)")
            }
            let check = try await runner.capture(Command("sh", ["-n", script.string]))
            #expect(check.succeeded)

            let gem = prefix.appending("lib/gems/a")
            try Files.createDirectory(gem)
            for arguments in [["remove"], ["upgrade", "2"], ["abort-install"], []] {
                let result = try await runner.capture(Command("sh", [script.string] + arguments))
                #expect(result.succeeded)
                #expect(Files.exists(gem))
            }
            // Somebody else's interpreter in the same place survives our purge.
            try Files.createDirectory(prefix.appending("bin"))
            try Files.write("", to: prefix.appending("bin/ruby"))
            try await postrm("purge")
            #expect(Files.exists(gem))
            try Files.remove(prefix.appending("bin/ruby"))

            try Files.createDirectory(folder.appending("rubies/other"))
            try await postrm("purge")
            #expect(!Files.exists(prefix))
            #expect(Files.exists(folder.appending("rubies/other")))

            try Files.remove(folder.appending("rubies/other"))
            try Files.createDirectory(prefix)
            try await postrm("remove")
            #expect(!Files.exists(folder.appending("rubies")))
            try await postrm("purge")
        }
    }

    @Test func dpkgDebBuildsTheSameBytesTwice() async throws {
        try await withFolder { folder in
            let package = try samplePackage()
            var built: [[UInt8]] = []
            for round in ["one", "two"] {
                let tree = folder.appending("\(round)/tree")
                let deb = folder.appending("\(round)/\(package.fileName)")
                try Files.createDirectory(tree.appending("DEBIAN"))
                try Files.createDirectory(tree.appending("opt/rubies/ruby-3.3.8-trim/bin"))
                try Files.write(
                    "ruby\n", to: tree.appending("opt/rubies/ruby-3.3.8-trim/bin/ruby"), mode: 0o755
                )
                let sums = try Checksums.md5sums([
                    ("opt/rubies/ruby-3.3.8-trim/bin/ruby", "58e53d1324eef6265fdb97b08ed9aadf")
                ])
                try Files.write(package.controlText(), to: tree.appending("DEBIAN/control"))
                try Files.write(sums, to: tree.appending("DEBIAN/md5sums"))
                try Files.write(package.postrm, to: tree.appending("DEBIAN/postrm"), mode: 0o755)
                _ = try await runner.output(
                    of: Command(
                        "dpkg-deb", ["--root-owner-group", "--build", tree.string, deb.string],
                        environment: ["SOURCE_DATE_EPOCH": String(package.date.seconds)]),
                    purpose: "build")
                built.append(try Files.readBytes(deb))
                let info = try await runner.output(
                    of: Command("dpkg-deb", ["--info", deb.string]), purpose: "read")
                for wanted in ["md5sums", "postrm", "Installed-Size: 52101", "Section: ruby"] {
                    #expect(info.contains(wanted))
                }
                let fields = try await runner.output(
                    of: Command("dpkg-deb", ["--field", deb.string]), purpose: "read")
                #expect(try ControlStanza.parse(fields, source: "x") == package.controlStanza())
            }
            #expect(built[0] == built[1])
        }
    }
}
