import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// A folder that lists its files in another order while something runs.
@Suite(
    .enabled(
        if: Programs.has("disorderfs") && Programs.areRunAsRoot,
        "SKIPPED: disorderfs is not installed or cannot be mounted here"))
struct FolderShuffleTests {
    /// What a sandbox leaves takes a moment to die when the machine is busy.
    @Test(.timeLimit(.minutes(10)))
    func aProgramThatIsStillInTheFolderIsWaitedFor() async throws {
        try await Scratch.with { folder in
            let seen = folder.appending("seen")
            let kept = folder.appending("kept")
            try Files.createDirectory(seen)
            let shuffle = FolderShuffle(runner: SubprocessRunner(), log: folder.appending("log"))
            let late = try await shuffle.over(seen, keptIn: kept) {
                let late = Task {
                    try await SubprocessRunner().capture(
                        Command("sh", ["-c", "echo > begun; sleep 1"], workingDirectory: seen))
                }
                let hasBegun = try await eventually { Files.exists(kept.appending("begun")) }
                #expect(hasBegun)
                return late
            }
            let result = try await late.value
            #expect(result.succeeded)
            #expect(try Files.device(of: seen) == Files.device(of: folder))
        }
    }
}
