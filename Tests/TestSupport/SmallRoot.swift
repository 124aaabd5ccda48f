import HostSystem
package import SystemPackage

/// The smallest root file system in which a shell runs.
package enum SmallRoot {
    private static let programs = [
        "bash", "cat", "chmod", "cp", "cut", "date", "find", "flock", "grep", "gzip", "id", "ln",
        "ls", "make", "mkdir", "mkfifo", "mktemp", "mv", "nice", "patch", "prlimit", "rm", "sed",
        "sh", "sha256sum", "sleep", "sort", "stat", "tar", "touch", "xargs", "xz", "zstd",
    ]

    /// Copies programs of the machine with the libraries they are linked with.
    ///
    /// - Parameters:
    ///   - tree: where the root shall be; it need not exist.
    ///   - guest: a library of the machine that programs in the root shall be able to load.
    /// - Throws: `Failure` when a program cannot be found or copied.
    package static func make(in tree: FilePath, guest: FilePath? = nil) async throws {
        for name in ["build", "inputs", "outputs", "proc", "dev", "tmp", "bin"] {
            try Files.createDirectory(tree.appending(name))
        }
        let runner = SubprocessRunner()
        let paths = programs.map { Programs.path(of: $0) ?? $0 }
        let listing = try await runner.output(
            of: Command("ldd", paths + (guest.map { [$0.string] } ?? [])),
            purpose: "find the libraries of the programs")
        let libraries = listing.split(whereSeparator: { $0.isWhitespace })
            .filter { $0.hasPrefix("/") && !$0.hasSuffix(":") }.map(String.init)
        _ = try await runner.output(
            of: Command(
                "cp", ["--dereference", "--parents"] + Set(libraries).sorted() + [tree.string]),
            purpose: "copy the libraries")
        _ = try await runner.output(
            of: Command("cp", ["--dereference"] + paths + [tree.appending("bin").string]),
            purpose: "copy the programs")
    }
}
