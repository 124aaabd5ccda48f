import HostSystem
import Sandbox
import SystemPackage

/// Shows where two files differ, with diffoscope(1) in a sandbox of this machine's own root.
struct Diffoscope: Sendable {
    let runner: any CommandRunner

    /// Seconds that it may take.
    private static let seconds = 120
    private static let lines = 60
    private static let lineWidth = 160

    /// Compares two files.
    ///
    /// - Parameters:
    ///   - usual: the file as it was made first.
    ///   - rebuilt: the file as it was made again.
    /// - Returns: the beginning of what it says, or one line that says why there is nothing.
    func excerpt(_ usual: FilePath, _ rebuilt: FilePath) async -> [String] {
        guard Executables.path(of: "diffoscope") != nil else {
            return ["to see what differs: apt-get install diffoscope-minimal, then verify again"]
        }
        let spec = SandboxSpec(
            profile: .build, root: "/",
            binds: [
                SandboxSpec.Bind(usual, at: "/tmp/usual.deb", isReadOnly: true),
                SandboxSpec.Bind(rebuilt, at: "/tmp/rebuilt.deb", isReadOnly: true),
            ], environment: ["HOME": "/tmp"], workingDirectory: "/tmp",
            arguments: [
                "timeout", "--kill-after=5", "\(Self.seconds)", "diffoscope",
                "--exclude-directory-metadata=yes", "--text=-", "--no-default-limits",
                "--max-text-report-size=\(Self.lines * Self.lineWidth)",
                "--max-diff-block-lines=20", "--max-container-depth=6", "usual.deb", "rebuilt.deb",
            ])
        guard let result = try? await BubblewrapSandbox(runner: runner).capture(spec) else {
            return ["diffoscope could not be run"]
        }
        let all = result.standardOutput.split(whereSeparator: \.isNewline)
        guard !all.isEmpty else {
            return ["diffoscope ended with \(result.ending) and showed nothing"]
        }
        let shown = all.prefix(Self.lines).map { line in
            line.count > Self.lineWidth ? line.prefix(Self.lineWidth) + "…" : String(line)
        }
        return shown + (all.count > shown.count ? ["… \(all.count - shown.count) more lines"] : [])
    }
}
