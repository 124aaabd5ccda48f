import Debian
import Diagnostics
import Packaging
import Testing

/// A package with every field in use.
func samplePackage(prefix: String = "/opt/rubies/ruby-3.3.8-trim") throws -> BinaryPackage {
    BinaryPackage(
        vendor: "lapidary", name: try PackageName("lapidary-ruby-3.3.8-trim"),
        version: try DebianVersion("3.3.8-1+deb12"), architecture: "amd64",
        maintainer: "Lapidary <lapidary@example.org>", homepage: "https://www.ruby-lang.org/",
        prefix: try InstallPrefix(prefix), summary: "Ruby 3.3.8 that gives memory back",
        longDescription: """
            Ruby is an interpreted language. This variant returns free memory of the C heap to the
            system after major collections.

              RUBY_MALLOC_TRIM=off|every|adaptive

            Co-installable with any other release and variant.
            """,
        depends: ["libc6 (>= 2.36)", "zlib1g (>= 1:1.2.11)"], recommends: ["ca-certificates"],
        provides: ["ruby-interpreter"], installedSizeKiB: 52_101,
        date: UTCDate(seconds: 1_744_195_315))
}

@Suite struct PackageTextTests {
    @Test func writesTheControlFile() throws {
        #expect(
            try samplePackage().controlText() == """
                Package: lapidary-ruby-3.3.8-trim
                Version: 3.3.8-1+deb12
                Architecture: amd64
                Maintainer: Lapidary <lapidary@example.org>
                Installed-Size: 52101
                Depends: libc6 (>= 2.36), zlib1g (>= 1:1.2.11)
                Recommends: ca-certificates
                Provides: ruby-interpreter
                Section: ruby
                Priority: optional
                Homepage: https://www.ruby-lang.org/
                Description: Ruby 3.3.8 that gives memory back
                 Ruby is an interpreted language. This variant returns free memory of the C heap
                 to the system after major collections.
                 .
                   RUBY_MALLOC_TRIM=off|every|adaptive
                 .
                 Co-installable with any other release and variant.

                """)
        #expect(try samplePackage().fileName == "lapidary-ruby-3.3.8-trim_3.3.8-1+deb12_amd64.deb")
    }

    @Test func sortsChecksumsByBytes() throws {
        let text = try Checksums.md5sums([
            ("/opt/b", "11"), ("opt/a/b", "22"), ("opt/a-c", "33"), ("opt/B", "44"),
        ])
        #expect(text == "44  opt/B\n33  opt/a-c\n22  opt/a/b\n11  opt/b\n")
        #expect(throws: Failure.self) { try Checksums.md5sums([("a\nb", "11")]) }
    }

    @Test func writesTheChangelog() throws {
        let text = try samplePackage().changelog(
            distribution: "bookworm",
            changes: [
                "Ruby 3.3.8, variant trim.",
                "A change whose text is long enough that it has to be broken into two of them.",
            ])
        #expect(
            text == """
                lapidary-ruby-3.3.8-trim (3.3.8-1+deb12) bookworm; urgency=medium

                  * Ruby 3.3.8, variant trim.
                  * A change whose text is long enough that it has to be broken into two of
                    them.

                 -- Lapidary <lapidary@example.org>  Wed, 09 Apr 2025 10:41:55 +0000

                """)
        #expect(throws: Failure.self) {
            try samplePackage().changelog(distribution: "bookworm", changes: [])
        }
        #expect(throws: Failure.self) {
            try samplePackage().changelog(distribution: "a b", changes: ["c"])
        }
    }

    @Test func writesAMachineReadableCopyright() throws {
        let texts = LicenceTexts(
            copying: "Ruby is copyrighted.\n\n  1. You may copy.\n",
            bsdl: "Copyright (C) 1993-2013\n\nTHIS SOFTWARE\n", legal: "# -*- rdoc -*-\n\n[lib/x]\n"
        )
        #expect(
            try texts.copyrightText(source: "https://www.ruby-lang.org/") == """
                Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
                Upstream-Name: Ruby
                Source: https://www.ruby-lang.org/

                Files: *
                Copyright: Yukihiro Matsumoto and the authors named below
                License: Ruby or BSD-2-Clause
                Comment: Files with other terms or authors, from upstream's LEGAL:
                 # -*- rdoc -*-
                 .
                 [lib/x]

                License: Ruby
                 Ruby is copyrighted.
                 .
                   1. You may copy.

                License: BSD-2-Clause
                 Copyright (C) 1993-2013
                 .
                 THIS SOFTWARE

                """)
        let failure = #expect(throws: Failure.self) {
            try LicenceTexts(copying: "a", bsdl: "\n", legal: "c").copyrightText(source: "s")
        }
        #expect(failure?.message == "the source has no text in `BSDL`")
    }

    @Test func countsTheInstalledSizeInKiB() {
        let size = InstalledSize.kibibytes(of: [
            .other, .other, .content(bytes: 0), .content(bytes: 1), .content(bytes: 1024),
            .content(bytes: 1025), .hardLink,
        ])
        #expect(size == 2 + 0 + 1 + 1 + 2)
        #expect(InstalledSize.kibibytes(of: []) == 0)
    }

    @Test(arguments: [
        "", "/", "/opt", "/opt/rubies", "opt/rubies/ruby", "/opt/rubies/", "/opt//ruby",
        "/opt/../ruby/x", "/opt/./ruby", "/opt/rubies/it's", "/opt/rubies/$HOME", "/opt/rubies/a b",
        "/opt/rubies/a\n",
    ])
    func refusesAPrefixThatARootScriptMustNotRemove(path: String) {
        #expect(throws: Failure.self) { try InstallPrefix(path) }
    }

    @Test func knowsTheFolderAboveThePrefix() throws {
        #expect(try InstallPrefix("/opt/rubies/ruby-3.3").parent == "/opt/rubies")
    }

    @Test func refusesASummaryOfTwoLines() throws {
        let sample = try samplePackage()
        let package = BinaryPackage(
            vendor: sample.vendor, name: sample.name, version: sample.version,
            architecture: sample.architecture, maintainer: sample.maintainer,
            homepage: sample.homepage, prefix: sample.prefix, summary: "a\nb",
            longDescription: "", depends: [], recommends: [], provides: [], installedSizeKiB: 0,
            date: sample.date)
        #expect(throws: Failure.self) { try package.controlText() }
    }
}
