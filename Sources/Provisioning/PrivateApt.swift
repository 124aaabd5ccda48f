package import Debian
import Diagnostics
package import HostSystem
package import SystemPackage

/// An apt that shares nothing with the machine's own but mirror, proxy and archive keys.
///
/// Release files are checked as apt does by default: signature, Valid-Until and Date stay on,
/// whatever the machine's own configuration says.
package struct PrivateApt: Sendable {
    /// One line of sources: an archive of a distribution.
    package struct Archive: Sendable, Hashable {
        package let address: String
        package let suite: String
        package let components: [String]
        /// Whether source packages are wanted instead of binary ones.
        package let isSource: Bool

        package init(address: String, suite: String, components: [String], isSource: Bool = false) {
            self.address = address
            self.suite = suite
            self.components = components
            self.isSource = isSource
        }
    }

    private let folder: FilePath
    private let runner: any CommandRunner

    /// Where Debian's packages of archive keys put a keyring.
    package static func path(ofKeyring name: String) -> FilePath {
        FilePath("/usr/share/keyrings").appending(name)
    }

    /// Prepares the private state in an empty folder and downloads the archives' indexes.
    ///
    /// - Parameters:
    ///   - folder: an empty folder that outlives this value.
    ///   - archives: where packages come from.
    ///   - architecture: the Debian architecture to resolve for.
    ///   - keyring: the file name of a keyring in /usr/share/keyrings.
    ///   - runner: runs apt.
    /// - Throws: `Failure` of kind `environment` when the keyring is missing or no mirror answers.
    package init(
        folder: FilePath, archives: [Archive], architecture: String, keyring: String,
        runner: any CommandRunner
    ) async throws {
        self.folder = folder
        self.runner = runner
        let keyringPath = Self.path(ofKeyring: keyring)
        guard Files.exists(keyringPath) else {
            throw Failure(
                .environment, "the archive keyring `\(keyringPath)` is missing",
                hint: "install it: apt-get install debian-archive-keyring")
        }
        for name in ["state/lists/partial", "cache/archives/partial", "downloads"] {
            try Files.createDirectory(folder.pushing(FilePath(name)))
        }
        try Files.write("", to: folder.appending("status"))
        let sources = archives.map { archive in
            "\(archive.isSource ? "deb-src" : "deb") [signed-by=\(keyringPath)]"
                + " \(archive.address) \(archive.suite) \(archive.components.joined(separator: " "))\n"
        }
        try Files.write(sources.joined(), to: folder.appending("sources.list"))
        let proxies = await Self.proxySettings(runner: runner)
        try Files.write(
            Self.configuration(folder: folder, architecture: architecture) + proxies,
            to: folder.appending("apt.conf"))
        try await update(archives)
    }

    /// Runs a tool of apt with the private configuration, in a folder for downloads.
    package func output(
        of tool: String, _ arguments: [String], purpose: String, hint: String? = nil
    ) async throws -> String {
        try await runner.output(of: command(tool, arguments), purpose: purpose, hint: hint)
    }

    /// The stanzas of exact package versions, in the order apt knows them.
    package func stanzas(of packages: [String]) async throws -> [ControlStanza] {
        guard !packages.isEmpty else { return [] }
        let text = try await output(
            of: "apt-cache", ["show", "--no-all-versions"] + packages,
            purpose: "read the package descriptions of the root")
        return try ControlStanza.parseAll(text, source: "the output of apt-cache show")
    }

    /// Where `apt-get download` and `apt-get source` leave their files.
    package var downloads: FilePath { folder.appending("downloads") }

    private func command(_ tool: String, _ arguments: [String]) -> Command {
        Command(
            tool, arguments, environment: ["APT_CONFIG": folder.appending("apt.conf").string],
            workingDirectory: downloads)
    }

    private func update(_ archives: [Archive]) async throws {
        // Without the error mode apt-get update succeeds although no mirror answered.
        let result = try await runner.capture(
            command("apt-get", ["update", "-o", "APT::Update::Error-Mode=any"]))
        guard !result.succeeded else { return }
        let reasons = result.standardError.split(whereSeparator: \.isNewline).map(String.init)
        let suites = archives.map(\.suite).joined(separator: ", ")
        throw Failure(
            .environment, "no mirror gave the package lists of \(suites)",
            details: reasons.suffix(8),
            hint: "check the network, or name another mirror with --mirror URL")
    }

    static func configuration(folder: FilePath, architecture: String) -> String {
        // The machine's own files must not reach in: a hook there may delete what was downloaded.
        """
        Dir::Etc::Main "/dev/null";
        Dir::Etc::Parts "/dev/null";
        Dir::Etc::SourceList "\(folder)/sources.list";
        Dir::Etc::SourceParts "/dev/null";
        Dir::Etc::Preferences "/dev/null";
        Dir::Etc::PreferencesParts "/dev/null";
        Dir::State "\(folder)/state";
        Dir::State::status "\(folder)/status";
        Dir::Cache "\(folder)/cache";
        APT::Architecture "\(architecture)";
        APT::Architectures { "\(architecture)"; };
        APT::Install-Recommends "false";
        APT::Sandbox::User "root";
        Acquire::Languages "none";
        Acquire::Retries "3";

        """
    }

    /// The proxies of the machine's apt, passed on; the environment's are inherited anyway.
    private static func proxySettings(runner: any CommandRunner) async -> String {
        let dump = try? await runner.capture(Command("apt-config", ["dump"]))
        let lines = (dump?.standardOutput ?? "").split(whereSeparator: \.isNewline)
        return lines.filter {
            $0.hasPrefix("Acquire::http::Proxy") || $0.hasPrefix("Acquire::https::Proxy")
        }
        .map { "\($0)\n" }.joined()
    }
}
