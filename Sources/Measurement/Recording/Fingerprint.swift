/// What of the machine a figure may depend on.
///
/// Figures are compared only between equal fingerprints.
package struct MachineFingerprint: Sendable, Hashable, Codable {
    /// The kernel's release, as uname(2) tells it.
    package var kernel: String
    /// As uname(2) tells it, such as x86_64.
    package var architecture: String
    /// Online processors: eight times as many arenas are glibc's limit.
    package var processors: Int
    /// Bytes.
    package var pageSize: Int
    /// `always`, `madvise` or `never`; nil where the kernel has no huge pages.
    package var transparentHugePages: String?
    /// Bytes of swap space in all.
    package var swap: Int64
    /// Limits of the control groups that lapidary runs in, such as `memory.max`; no entry is no
    /// limit.
    package var groupLimits: [String: String]
    /// Variables of lapidary's environment that tune an allocator or Ruby; they were taken away
    /// from the programs, so that they say nothing about figures.
    package var cleared: [String]

    package init(
        kernel: String, architecture: String, processors: Int, pageSize: Int,
        transparentHugePages: String?, swap: Int64, groupLimits: [String: String],
        cleared: [String]
    ) {
        self.kernel = kernel
        self.architecture = architecture
        self.processors = processors
        self.pageSize = pageSize
        self.transparentHugePages = transparentHugePages
        self.swap = swap
        self.groupLimits = groupLimits
        self.cleared = cleared
    }
}

/// Which Ruby an arm ran.
package struct RubyFingerprint: Sendable, Hashable, Codable {
    /// The path of the program, as the programs saw it.
    package var path: String
    /// The digest of the program's file, SHA-256 in hexadecimal.
    package var sha256: String
    /// What `ruby -v` prints.
    package var description: String
    /// Facts of RbConfig by their names there, such as `arch`, `MAINLIBS` and `configure_args`.
    package var config: [String: String]
    /// Libraries that were in its memory when it had started, by the names of their files, sorted.
    package var libraries: [String]
    /// The version of its C library, such as `glibc 2.36`.
    package var libc: String
    /// What its malloc comes from: glibc, jemalloc, tcmalloc or mimalloc.
    package var allocator: String
    /// The package that it is from; nil for a Ruby of the machine.
    package var package: PackageFingerprint?
}

/// Which package a Ruby is from.
package struct PackageFingerprint: Sendable, Hashable, Codable {
    /// The name of the file.
    package var file: String
    /// SHA-256 of the .deb, in hexadecimal.
    package var sha256: String
    package var name: String
    package var version: String
    /// The variant; nil when only a file was named.
    package var variant: String?
    /// The digest of the root file system that it ran in, hexadecimal.
    package var root: String?

    package init(
        file: String, sha256: String, name: String, version: String, variant: String?,
        root: String?
    ) {
        self.file = file
        self.sha256 = sha256
        self.name = name
        self.version = version
        self.variant = variant
        self.root = root
    }
}

/// What was run.
package struct WorkloadFingerprint: Sendable, Hashable, Codable {
    /// Unique in the recording, such as `w1`; of people's own programs the name of the file.
    package var name: String
    /// SHA-256, in hexadecimal, of the program's file and, of Lapidary's workloads, of all files
    /// beside it.
    package var sha256: String
    package var arguments: [String]
    /// Seconds that a run was left alone after its work, before the collections.
    package var settleSeconds: Double

    package init(name: String, sha256: String, arguments: [String], settleSeconds: Double) {
        self.name = name
        self.sha256 = sha256
        self.arguments = arguments
        self.settleSeconds = settleSeconds
    }
}
