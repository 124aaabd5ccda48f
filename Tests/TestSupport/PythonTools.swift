import HostSystem
package import SystemPackage

/// Reference implementations that are published as Python packages, in an environment of their own.
package enum PythonTools {
    package static var isAvailable: Bool { Programs.has("python3") }

    /// Runs a body with packages installed from the index that pip is configured for.
    ///
    /// - Parameters:
    ///   - packages: what to install, such as `spdx-tools==0.8.5`.
    ///   - body: gets the folder with the environment's programs, and an empty folder.
    /// - Throws: what the body throws, or `Failure` when the environment cannot be made.
    package static func with(
        _ packages: [String],
        _ body: (_ programs: FilePath, _ folder: FilePath) async throws -> Void
    ) async throws {
        try await Scratch.with { folder in
            let place = folder.appending("venv")
            let runner = SubprocessRunner()
            _ = try await runner.output(
                of: Command("python3", ["-m", "venv", place.string]),
                purpose: "make a Python environment", hint: "install the package `python3-venv`")
            let programs = place.appending("bin")
            _ = try await runner.output(
                of: Command(
                    programs.appending("pip").string,
                    ["install", "--quiet", "--disable-pip-version-check"] + packages),
                purpose: "install \(packages.joined(separator: " "))")
            let files = folder.appending("files")
            try Files.createDirectory(files)
            try await body(programs, files)
        }
    }
}
