import HostSystem
package import SystemPackage

/// A file system with little room, for as long as a test takes; only root can mount one.
package enum SmallDisk {
    /// Whether one can be mounted; says loudly why not.
    package static var isPossible: Bool {
        if !Programs.areRunAsRoot {
            print("SKIPPED, on a full disk: only root can mount a small one")
        }
        return Programs.areRunAsRoot
    }

    /// Mounts a tmpfs, runs a body in it, and unmounts it.
    ///
    /// - Parameters:
    ///   - megabytes: the room for bytes.
    ///   - files: the room for files; 0 for as many as there is room for.
    ///   - body: what happens on the small disk.
    /// - Returns: what the body returns.
    /// - Throws: what the body throws, or `Failure` when it cannot be mounted.
    package static func with<Value>(
        megabytes: Int, files: Int = 0, _ body: (FilePath) async throws -> Value
    ) async throws -> Value {
        let runner = SubprocessRunner()
        return try await Scratch.with { folder in
            _ = try await runner.output(
                of: Command(
                    "mount",
                    [
                        "-t", "tmpfs", "-o", "size=\(megabytes)m,nr_inodes=\(files),mode=755",
                        "lapidary-test", folder.string,
                    ]), purpose: "mount a small disk")
            func unmount() async {
                _ = await Task {
                    try? await runner.capture(Command("umount", ["--lazy", folder.string]))
                }.value
            }
            do {
                let value = try await body(folder)
                await unmount()
                return value
            } catch {
                await unmount()
                throw error
            }
        }
    }
}
