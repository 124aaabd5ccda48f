import HostSystem
package import SystemPackage

/// What variations put into a rebuild's world: a folder made once for each verification.
package struct VariationKit: Sendable, Hashable {
    /// The name of the locale in it: it sorts Z before T, and has another decimal sign.
    static let locale = "et_EE.UTF-8"
    /// What stands in PATH and is called by nobody who builds the same each time.
    static let strayPrograms = [
        "bison", "cargo", "clang", "doxygen", "dtrace", "gem", "git", "irb", "ruby", "rustc",
        "rustup", "sccache", "swig",
    ]

    package let folder: FilePath

    package init(_ folder: FilePath) {
        self.folder = folder
    }

    /// libfaketime, made for the C library of the root; it need not be there.
    package var clock: FilePath { folder.appending("libfaketime.so.1") }
    /// The folder of compiled locales; it need not be there.
    package var locales: FilePath { folder.appending("locales") }
    /// Programs that must not be called.
    package var programs: FilePath { folder.appending("programs") }

    var hasClock: Bool { Files.exists(clock) }
    var hasLocale: Bool { Files.isDirectory(locales.appending(Self.locale)) }

    /// Writes the stray programs.
    ///
    /// - Throws: `Failure` of kind `environment` when the folder cannot be written.
    package func prepare() throws {
        try Files.createDirectory(programs)
        // Each is found and works, so that a build which takes to it gets another result.
        for name in Self.strayPrograms {
            try Files.write(
                "#!/bin/sh\necho \"stray \(name) 9.9.9\"\n", to: programs.appending(name),
                mode: 0o755)
        }
    }
}
