import AptRepository
import Debian
import Foundation
import HostSystem
import SystemPackage

/// A throw-away folder with a repository, its GnuPG home and an apt of its own.
struct Fixture {
    static let userID = "Lapidary test archive <archive@example.org>"
    /// One date for all tests that do not care: a time in the past, as apt wants it.
    static let date = UTCDate(seconds: 1_744_195_315)

    let folder: FilePath
    let runner: any CommandRunner = SubprocessRunner()

    var home: FilePath { folder.appending("gnupg") }
    var root: FilePath { folder.appending("repository") }
    var signer: Signer { Signer(home: home, runner: runner) }

    static func with(_ body: (Fixture) async throws -> Void) async throws {
        try await TemporaryDirectory.with(in: "/tmp", name: "lapidary-apt") { folder in
            try await body(Fixture(folder: folder))
        }
    }

    func repository() throws -> Repository {
        try Repository(
            root: root, vendor: "lapidary", keyUserID: Self.userID, signer: signer, runner: runner)
    }

    func suite(
        name: String = "bookworm", architectures: [String] = ["amd64"], suffix: String? = nil
    ) throws -> RepositorySuite {
        try RepositorySuite(
            name: name, component: "main", origin: "Lapidary", label: "Lapidary",
            description: "Rubies that give memory back", architectures: architectures,
            versionSuffix: suffix)
    }

    /// Builds a package of one file with the real dpkg-deb.
    func deb(
        _ name: String = "lapidary-ruby-3.3.8-trim", version: String = "3.3.8-1+deb12",
        architecture: String = "amd64", content: String = "ruby\n", in place: String = "debs"
    ) async throws -> FilePath {
        let tree = folder.appending("tree-\(UUID().uuidString)")
        try Files.createDirectory(tree.appending("DEBIAN"))
        try Files.createDirectory(tree.appending("opt/rubies"))
        try Files.write(content, to: tree.appending("opt/rubies/\(name)"))
        let control = """
            Package: \(name)
            Version: \(version)
            Architecture: \(architecture)
            Maintainer: Lapidary <lapidary@example.org>
            Installed-Size: 4
            Depends: libc6 (>= 2.36)
            Recommends: ca-certificates
            Section: ruby
            Priority: optional
            Homepage: https://www.ruby-lang.org/
            Description: Ruby that gives memory back
             One paragraph.
             .
             Another one.

            """
        try Files.write(control, to: tree.appending("DEBIAN/control"))
        let debs = folder.appending(place)
        try Files.createDirectory(debs)
        let plain = try DebianVersion(version).withoutEpoch
        let deb = debs.appending("\(name)_\(plain)_\(architecture).deb")
        _ = try await runner.output(
            of: Command(
                "dpkg-deb", ["--root-owner-group", "-Znone", "--build", tree.string, deb.string],
                environment: ["SOURCE_DATE_EPOCH": "1744195315"]), purpose: "build a package")
        return deb
    }

    /// Every file below a folder with its bytes.
    func snapshot(_ folder: FilePath) throws -> [String: [UInt8]] {
        guard Files.isDirectory(folder) else {
            return Files.exists(folder) ? ["": try Files.readBytes(folder)] : [:]
        }
        var files: [String: [UInt8]] = [:]
        for name in try Files.names(in: folder) {
            for (path, bytes) in try snapshot(folder.appending(name)) {
                files[path.isEmpty ? name : "\(name)/\(path)"] = bytes
            }
        }
        return files
    }

    /// The processes, zombies left out, that name a path on their command line.
    static func processes(naming text: String) throws -> [String] {
        try Files.names(in: "/proc").filter { $0.allSatisfy(\.isNumber) }.compactMap { pid in
            let line = try? Files.readText(FilePath("/proc/\(pid)/cmdline"))
            return line.flatMap { $0.contains(text) ? $0 : nil }
        }
    }
}

/// The host's apt with nothing of the host's state.
struct PrivateApt {
    let fixture: Fixture
    private let config: FilePath
    private let work: FilePath

    init(_ fixture: Fixture, suite: String = "bookworm", architecture: String = "amd64") throws {
        self.fixture = fixture
        let base = fixture.folder.appending("apt-\(UUID().uuidString)")
        for name in ["state/lists/partial", "cache/archives/partial", "etc", "work"] {
            try Files.createDirectory(base.appending(name))
        }
        try Files.write("", to: base.appending("status"))
        try Files.write(
            SourcesFile.text(
                uri: "file:\(fixture.root)", suite: suite, component: "main",
                signedBy: try fixture.repository().keyring.string, architectures: [architecture]),
            to: base.appending("etc/lapidary.sources"))
        let text = """
            Dir::Etc::Main "/dev/null";
            Dir::Etc::Parts "/dev/null";
            Dir::Etc::SourceList "/dev/null";
            Dir::Etc::SourceParts "\(base.appending("etc"))";
            Dir::Etc::Trusted "/dev/null";
            Dir::Etc::TrustedParts "/dev/null";
            Dir::State "\(base.appending("state"))";
            Dir::State::Status "\(base.appending("status"))";
            Dir::Cache "\(base.appending("cache"))";
            APT::Architecture "\(architecture)";
            APT::Architectures { "\(architecture)"; };
            APT::Sandbox::User "root";
            Acquire::Languages "none";

            """
        config = base.appending("apt.conf")
        work = base.appending("work")
        try Files.write(text, to: config)
    }

    func run(_ tool: String, _ arguments: [String]) async throws -> CommandResult {
        try await fixture.runner.capture(
            Command(
                tool, arguments, environment: ["APT_CONFIG": config.string, "LC_ALL": "C"],
                workingDirectory: work))
    }

    /// Any warning is a failure: apt keeps old lists and ends well when an update fails.
    func update() async throws -> CommandResult {
        try await run("apt-get", ["-o", "APT::Update::Error-Mode=any", "update"])
    }

    func download(_ package: String) async throws -> [UInt8] {
        let result = try await run("apt-get", ["download", package])
        guard result.succeeded, let name = try Files.names(in: work).last else {
            return Array(result.standardError.utf8)
        }
        return try Files.readBytes(work.appending(name))
    }
}
