import Diagnostics
import HostSystem
import Planning
import Sandbox
import SystemPackage

/// Looks at an archive of others before it is unpacked.
///
/// The root's own tar lists it in the sandbox, so it is judged by what tar takes it for, and by no
/// second reading of the format. The listing is read while tar writes it: a bomb is stopped when
/// its entry is met, and nothing of it is written out.
struct ArchiveGuard: Sendable {
    let run: ActionRun
    var limits = ArchiveLimits()

    /// Refuses an archive that would do harm where it is unpacked.
    ///
    /// - Parameters:
    ///   - archive: what is unpacked, and how.
    ///   - inputs: the folder that the sandbox sees at /inputs.
    ///   - folder: an empty folder for the listing.
    /// - Throws: `Failure` of kind `failed` with the reason.
    func check(
        _ archive: StepsOperation.Archive, inputs: FilePath, in folder: FilePath
    ) async throws {
        let spec = try spec(archive, inputs: inputs, folder: folder)
        let listing = ArchiveListing(
            folder: folder,
            judge: ArchiveJudge(limits: limits, stripped: archive.strippedComponents))
        do {
            let ending = try await list(spec, watching: listing)
            // What is wrong with an entry says more than what tar stumbled over after it.
            var whole = listing
            try whole.readOn()
            guard ending == .exited(0) else {
                let reason = try LogTail.lines(of: run.log).last { $0.hasPrefix("tar: ") }
                throw ArchiveJudge.Refusal(
                    reason: "tar cannot read it (\(reason ?? "it took too much time or memory"))")
            }
            try whole.judge.finish()
        } catch let refusal as ArchiveJudge.Refusal {
            throw Failure(
                .failed, "the source archive of `\(run.id)` is refused: \(refusal.reason)",
                hint: "nothing of it was unpacked; pin another archive in the recipe")
        }
    }

    /// Runs tar, and ends it as soon as its listing has something to refuse.
    private func list(_ spec: SandboxSpec, watching listing: ArchiveListing) async throws
        -> CommandResult.Ending
    {
        try await withThrowingTaskGroup { group in
            group.addTask { try await run.tools.sandbox.run(spec, appendingTo: run.log) }
            group.addTask {
                var listing = listing
                while true {
                    try listing.readOn()
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            // The second task only ever throws.
            guard let ending = try await group.next() else { throw CancellationError() }
            group.cancelAll()
            return ending
        }
    }

    private func spec(_ archive: StepsOperation.Archive, inputs: FilePath, folder: FilePath) throws
        -> SandboxSpec
    {
        SandboxSpec(
            profile: .build, root: try run.rootTree(),
            binds: [
                SandboxSpec.Bind(inputs, at: "/inputs", isReadOnly: true),
                SandboxSpec.Bind(folder, at: "/outputs", isReadOnly: false),
            ],
            // Several threads of xz would want memory by the number of processors.
            environment: ["XZ_DEFAULTS": "--threads=1"], workingDirectory: "/",
            arguments: [
                "prlimit", "--core=0", "--cpu=\(limits.seconds)", "--as=\(limits.memory)",
                "--fsize=\(ArchiveListing.sizeLimit)", "tar", "--list", "--verbose",
                "--numeric-owner", "--full-time", "--utc", "--absolute-names",
                "--quoting-style=c", "--index-file=/outputs/\(ArchiveListing.fileName)",
                "--file=\(archive.path)",
            ])
    }
}

/// The listing of an archive while tar writes it.
private struct ArchiveListing {
    static let fileName = "listing"
    /// Bytes; the listing of as many entries as are allowed has a third of it.
    static let sizeLimit = 64 << 20

    let folder: FilePath
    var judge: ArchiveJudge
    /// Where the first line begins that was not whole yet.
    private var offset: Int64 = 0

    init(folder: FilePath, judge: ArchiveJudge) {
        self.folder = folder
        self.judge = judge
    }

    /// Judges the lines that were written since.
    mutating func readOn() throws {
        // Before tar has begun there is nothing; a link or a pipe would be somebody's trick.
        guard FileTree.isPlainFile(Self.fileName, below: folder) else { return }
        let bytes = try Files.readBytes(folder.appending(Self.fileName), from: offset)
        guard let end = bytes.lastIndex(of: 0x0A) else { return }
        offset += Int64(end + 1)
        for line in bytes[..<end].split(separator: 0x0A) {
            let text = String(decoding: line, as: UTF8.self)
            guard let entry = ArchiveEntry(line: text[...]) else {
                throw ArchiveJudge.Refusal(reason: "tar lists it as `\(text.prefix(200))`")
            }
            try judge.take(entry)
        }
    }
}
