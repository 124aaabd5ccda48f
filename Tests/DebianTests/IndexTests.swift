import Debian
import Diagnostics
import HostSystem
import Testing

@Suite struct IndexTests {
    private func entry(_ name: String, _ version: String, _ architecture: String = "amd64") throws
        -> PackageEntry
    {
        let control = try ControlStanza.parse(
            "Package: \(name)\nDescription: d\n more\nVersion: \(version)\nSize: 1\nSHA1: 00\n"
                + "Architecture: \(architecture)\n", source: "control")
        return try PackageEntry(
            control: control, filename: "pool/\(name).deb", size: 42, md5: "m", sha256: "s")
    }

    @Test func putsMeasuredFieldsInPlaceOfClaimedOnes() throws {
        #expect(
            try entry("ab", "1-1").stanza.text == """
                Package: ab
                Version: 1-1
                Architecture: amd64
                Filename: pool/ab.deb
                Size: 42
                MD5sum: m
                SHA256: s
                Description: d
                 more

                """)
    }

    @Test func ordersEntriesWhateverOrderTheyCameIn() throws {
        let sorted = try [
            entry("ab", "1.9-1"), entry("ab", "1.10-1", "all"), entry("ab", "1.10-1", "amd64"),
            entry("ab-c", "0.1"), entry("b0", "0.1"),
        ]
        #expect(PackagesIndex(sorted.reversed()).entries == sorted)
        let text = PackagesIndex(sorted).text
        #expect(try PackagesIndex(parsing: text, source: "Packages").text == text)
        #expect(PackagesIndex([]).text == "")
    }

    @Test func refusesAnIncompleteStanza() {
        let failure = #expect(throws: Failure.self) {
            try PackagesIndex(parsing: "Package: ab\nVersion: 1\n", source: "Packages")
        }
        #expect(failure?.message == "`Packages` has no field `Architecture`")
    }

    @Test(arguments: ["a", "Ab", "-ab", "a_b", "a/..", "ab\n", ""])
    func refusesWhatIsNoPackageName(text: String) {
        #expect(throws: Failure.self) { try PackageName(text) }
    }

    @Test(arguments: ["lapidary-ruby-3.3.8-trim", "0ad", "g++", "a."])
    func takesPackageNames(text: String) throws {
        #expect(try PackageName(text).text == text)
    }

    @Test func printsARelease() throws {
        let release = ReleaseFile(
            origin: "Lapidary", label: "Lapidary", suite: "bookworm", codename: "bookworm",
            date: UTCDate(seconds: 1_744_195_315), validUntil: UTCDate(seconds: 1_744_281_715),
            architectures: ["amd64", "arm64"], components: ["main"], description: "Rubies",
            files: [
                ReleaseFile.Listed(path: "main/binary-amd64/Packages.gz", size: 7, sha256: "bb"),
                ReleaseFile.Listed(path: "main/binary-amd64/Packages", size: 1234, sha256: "aa"),
            ])
        let text = """
            Origin: Lapidary
            Label: Lapidary
            Suite: bookworm
            Codename: bookworm
            Date: Wed, 09 Apr 2025 10:41:55 +0000
            Valid-Until: Thu, 10 Apr 2025 10:41:55 +0000
            Acquire-By-Hash: yes
            Architectures: amd64 arm64
            Components: main
            Description: Rubies
            SHA256:
             aa 1234 main/binary-amd64/Packages
             bb    7 main/binary-amd64/Packages.gz

            """
        #expect(try release.text() == text)
        #expect(try ReleaseFile(parsing: text, source: "Release") == release)
    }

    @Test(arguments: [0, 951_782_400, 951_868_799, 1_709_164_800, 4_102_444_799, -1, -86_401])
    func datesAreThoseOfDate(seconds: Int) async throws {
        let date = UTCDate(seconds: seconds)
        let format = "+%a, %d %b %Y %H:%M:%S %z"
        let output = try await SubprocessRunner().output(
            of: Command("date", ["-u", "-d", "@\(seconds)", format], environment: ["LC_ALL": "C"]),
            purpose: "print a date")
        #expect(date.rfc2822 + "\n" == output)
        if seconds >= 0 { #expect(try UTCDate(rfc2822: date.rfc2822) == date) }
    }

    @Test func refusesDatesThatAreNotUTC() {
        for text in ["", "Wed, 09 Apr 2025 10:41:55 +0200", "Wed, 09 Foo 2025 10:41:55 +0000"] {
            #expect(throws: Failure.self) { try UTCDate(rfc2822: text) }
        }
    }
}
