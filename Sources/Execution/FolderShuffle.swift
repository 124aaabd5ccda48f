import Diagnostics
import Foundation
import HostSystem
import SystemPackage

/// Shows a folder whose files are listed in another order each time (disorderfs(1)).
struct FolderShuffle: Sendable {
    let runner: any CommandRunner
    let log: FilePath

    /// How long the mount may take to appear, or to be free.
    private static let patience = Duration.seconds(60)

    /// Puts an empty, shuffled folder over another while a body runs.
    ///
    /// - Throws: `Failure` of kind `environment` when it cannot be mounted, and what `body` throws.
    func over<Value: Sendable>(
        _ folder: FilePath, keptIn store: FilePath, _ body: () async throws -> Value
    ) async throws -> Value {
        try Files.createDirectory(store)
        let command = Command(
            "disorderfs",
            [
                "-f", "--quiet", "--multi-user=no", "--shuffle-dirents=yes", store.string,
                folder.string,
            ])
        let serving = Task { try await runner.run(command, appendingTo: log) }
        do {
            try await appear(folder, above: store)
            let value = try await body()
            try await unmount(folder, serving)
            return value
        } catch {
            try? await unmount(folder, serving)
            throw error
        }
    }

    private func appear(_ folder: FilePath, above store: FilePath) async throws {
        let start = ContinuousClock.now
        while try Files.device(of: folder) == Files.device(of: store) {
            guard ContinuousClock.now - start < Self.patience else {
                throw Failure(
                    .environment, "disorderfs did not mount `\(folder)`",
                    details: try LogTail.lines(of: log),
                    hint: "leave the variation file-ordering out")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Also after a cancellation, when programs can be started by a task of its own only.
    private func unmount(
        _ folder: FilePath, _ serving: Task<CommandResult.Ending, any Error>
    ) async throws {
        let surroundings = try Files.device(of: folder.removingLastComponent())
        let runner = runner
        let result = try await Task.detached {
            let start = ContinuousClock.now
            while true {
                let result = try await runner.capture(Command("umount", [folder.string]))
                // What a sandbox leaves in the folder takes a moment to die on a busy machine.
                guard !result.succeeded, try Files.device(of: folder) != surroundings,
                    ContinuousClock.now - start < Self.patience
                else { return result }
                try await Task.sleep(for: .milliseconds(50))
            }
        }.value
        guard result.succeeded else {
            serving.cancel()
            _ = try? await serving.value
            throw Failure(
                .environment, "cannot unmount `\(folder)`",
                details: result.standardError.split(whereSeparator: \.isNewline).map(String.init),
                hint: "see what still uses it, or leave the variation file-ordering out")
        }
        _ = try await serving.value
    }
}
