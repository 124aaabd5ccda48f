import Diagnostics
import Digest
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Provisioning

@Suite struct PlannedTests {
    @Test(arguments: [
        (
            "Inst gcc (4:12.2.0-3 Debian:12.5/stable [amd64])",
            ["gcc", "4:12.2.0-3", "amd64"]
        ),
        (
            "Inst perl-base (5.36.0-7+deb12u2 Debian:12.5/stable, Debian-Security:12/stable-security"
                + " [amd64]) []",
            ["perl-base", "5.36.0-7+deb12u2", "amd64"]
        ),
        (
            "Inst libc6 (2.36-9 Debian:12.5/stable [amd64]) [dpkg:amd64 tar:amd64 ]",
            ["libc6", "2.36-9", "amd64"]
        ),
        ("Inst tzdata [2024a] (2024b-0 Debian:12 [all]) []", ["tzdata", "2024b-0", "all"]),
        ("Inst a (1 [arm64])", ["a", "1", "arm64"]),
    ])
    func installationsAreRead(line: String, expected: [String]) throws {
        let planned = try #require(Planned(line: line[...]))
        #expect([planned.name, planned.version, planned.architecture] == expected)
    }

    @Test(arguments: [
        "", "Conf gcc (4:12.2.0-3 Debian:12.5/stable [amd64])", "Remv gcc [1]", "Inst gcc",
        "Inst gcc (4:12.2.0-3", "Inst gcc ()", "Inst gcc (1 Debian)", "Install gcc (1 [amd64])",
        "The following NEW packages will be installed:", " Inst gcc (1 [amd64])",
    ])
    func otherLinesAreNot(line: String) {
        #expect(Planned(line: line[...]) == nil)
    }
}

@Suite struct MirrorTests {
    private func choose(_ listing: String) throws -> Mirror {
        try Mirror.choose(from: listing, codename: "bookworm", hint: "name one")
    }

    @Test func theFirstSourceOfTheReleaseIsTaken() throws {
        let mirror = try choose(
            """
            http://other.example/apt|bookworm|extra
            http://deb.example/debian|bookworm-updates|main
            http://deb.example/debian|bookworm|contrib
            http://deb.example/debian|bookworm|main
            http://second.example/debian|bookworm|main
            http://security.example/debian-security|bookworm-security|main
            """)
        #expect(mirror.archive == "http://deb.example/debian")
        #expect(mirror.security == "http://security.example/debian-security")
    }

    @Test func withoutASecuritySourceItStandsBesideTheMirror() throws {
        let mirror = try choose("http://deb.example/debian/|bookworm|main\n")
        #expect(mirror.archive == "http://deb.example/debian")
        #expect(mirror.security == "http://deb.example/debian-security")
    }

    @Test(arguments: [
        "", "http://deb.example/debian|trixie|main", "http://deb.example/debian|bookworm|contrib",
        "nonsense", "a|bookworm|main|more",
    ])
    func withoutASourceOfTheReleaseNoMirrorIsKnown(listing: String) {
        let failure = #expect(throws: Failure.self) { try choose(listing) }
        #expect(failure?.kind == .environment)
        #expect(failure?.message.contains("`bookworm`") == true)
        #expect(failure?.hint == "name one")
    }

    @Test func aChosenMirrorIsTakenAsItIs() {
        #expect(
            Mirror(option: "http://a/debian/", security: nil).security == "http://a/debian-security"
        )
        let both = Mirror(option: "http://a/debian", security: "http://b/security")
        #expect(both.archive == "http://a/debian")
        #expect(both.security == "http://b/security")
    }

    @Test(arguments: [("ubuntu", "noble"), (nil, nil), ("debian", nil)] as [(String?, String?)])
    func amachineThatIsNoDebianHasNoMirror(distribution: String?, codename: String?) async throws {
        let machine = Machine(
            distribution: distribution, codename: codename, architecture: "amd64", processors: 1,
            isRoot: true)
        let failure = await #expect(throws: Failure.self) {
            try await Mirror.ofHost(machine, runner: SubprocessRunner())
        }
        #expect(failure?.kind == .environment)
        #expect(failure?.hint == "name a Debian mirror with --mirror URL or LAPIDARY_MIRROR")
    }
}

@Suite struct RequestTests {
    private func request(mirror: String, packages: [String] = ["gcc"]) -> RootRequest {
        RootRequest(
            suite: "bookworm", architecture: "amd64",
            archives: [.init(address: mirror, suite: "bookworm", components: ["main"])],
            keyring: "k.gpg", packages: packages)
    }

    @Test func theMirrorIsNoPartOfWhatIsAskedFor() {
        let digest = request(mirror: "http://a").digest
        #expect(request(mirror: "http://b").digest == digest)
        #expect(request(mirror: "http://a", packages: ["gcc", "make"]).digest != digest)
    }
}

@Suite struct PrivateAptTests {
    private let archive = PrivateApt.Archive(
        address: "http://127.0.0.1:9/debian", suite: "bookworm", components: ["main"])

    @Test func itsConfigurationKeepsTheMachinesOwnOut() {
        #expect(
            PrivateApt.configuration(folder: "/place/apt", architecture: "arm64") == """
                Dir::Etc::Main "/dev/null";
                Dir::Etc::Parts "/dev/null";
                Dir::Etc::SourceList "/place/apt/sources.list";
                Dir::Etc::SourceParts "/dev/null";
                Dir::Etc::Preferences "/dev/null";
                Dir::Etc::PreferencesParts "/dev/null";
                Dir::State "/place/apt/state";
                Dir::State::status "/place/apt/status";
                Dir::Cache "/place/apt/cache";
                APT::Architecture "arm64";
                APT::Architectures { "arm64"; };
                APT::Install-Recommends "false";
                APT::Sandbox::User "root";
                Acquire::Languages "none";
                Acquire::Retries "3";

                """)
    }

    @Test(.enabled(if: Programs.has("apt-config"), "SKIPPED: there is no apt here"))
    func aptReadsNothingButItsConfiguration() async throws {
        try await Scratch.with { folder in
            let file = folder.appending("apt.conf")
            try Files.write(
                PrivateApt.configuration(folder: folder, architecture: "arm64"), to: file)
            let dump = try await SubprocessRunner().output(
                of: Command("apt-config", ["dump"], environment: ["APT_CONFIG": file.string]),
                purpose: "read the configuration")
            let lines = Set(dump.split(separator: "\n").map(String.init))
            for line in [
                "APT::Architecture \"arm64\";", "Dir::State::status \"\(folder)/status\";",
                "Dir::Etc::parts \"/dev/null\";",
            ] { #expect(lines.contains { $0.lowercased() == line.lowercased() }, "\(line)") }
            #expect(!lines.contains { $0.hasPrefix("DPkg::Post-Invoke") })
            #expect(!lines.contains { $0.hasPrefix("APT::Update::Post-Invoke") })
        }
    }

    @Test(
        .enabled(if: Programs.has("apt-get"), "SKIPPED: there is no apt here"),
        .timeLimit(.minutes(10)))
    func anUnreachableMirrorIsTheEnvironmentsFault() async throws {
        try #require(Files.exists("/usr/share/keyrings/debian-archive-keyring.gpg"))
        try await Scratch.with { folder in
            let start = ContinuousClock.now
            let failure = await #expect(throws: Failure.self) {
                try await PrivateApt(
                    folder: folder, archives: [archive], architecture: "amd64",
                    keyring: "debian-archive-keyring.gpg", runner: SubprocessRunner())
            }
            #expect(ContinuousClock.now - start < .seconds(120))
            #expect(failure?.kind == .environment)
            #expect(failure?.message == "no mirror gave the package lists of bookworm")
            #expect(failure?.details.contains { $0.contains("127.0.0.1") } == true)
            #expect(failure?.hint?.contains("--mirror") == true)
        }
    }

    @Test func aMissingKeyringIsNamed() async throws {
        try await Scratch.with { folder in
            let failure = await #expect(throws: Failure.self) {
                try await PrivateApt(
                    folder: folder, archives: [archive], architecture: "amd64",
                    keyring: "no-such-keyring.gpg", runner: SubprocessRunner())
            }
            #expect(failure?.kind == .environment)
            #expect(failure?.message.contains("no-such-keyring.gpg` is missing") == true)
            let left = try Files.names(in: folder)
            #expect(left == [])
        }
    }
}
