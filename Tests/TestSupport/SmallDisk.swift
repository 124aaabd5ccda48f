import HostSystem
package import SystemPackage

/// A file system with little room, for as long as a test takes; only root can mount one.
package enum SmallDisk {
    package static func with<Value>(
        megabytes: Int, _ body: (FilePath) async throws -> Value
    ) async throws -> Value {
        let runner = SubprocessRunner()
        return try await Scratch.with { folder in
            _ = try await runner.output(
                of: Command(
                    "mount",
                    ["-t", "tmpfs", "-o", "size=\(megabytes)m", "lapidary-test", folder.string]),
                purpose: "mount a small disk")
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
