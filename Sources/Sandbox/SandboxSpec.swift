package import SystemPackage

/// One program to run inside a root, and all it may see.
package struct SandboxSpec: Sendable, Hashable {
    /// What the program may do.
    package enum Profile: Sendable, Hashable {
        /// Builds and checks: the root is read-only, no privileges, an ordinary user id.
        case build
        /// apt and dpkg: the root is writable, with the few capabilities dpkg needs.
        case install
    }

    /// A file or folder of the host made visible inside.
    package struct Bind: Sendable, Hashable {
        package let source: FilePath
        /// Absolute path inside; it exists in the root already.
        package let target: FilePath
        package let isReadOnly: Bool

        package init(_ source: FilePath, at target: FilePath, isReadOnly: Bool) {
            self.source = source
            self.target = target
            self.isReadOnly = isReadOnly
        }
    }

    package let profile: Profile
    /// The unpacked root file system.
    package let root: FilePath
    package let binds: [Bind]
    /// The whole environment of the program, on top of the fixed one.
    package let environment: [String: String]
    /// Absolute path inside.
    package let workingDirectory: FilePath
    package let arguments: [String]

    /// The folders of the host that the program may write to.
    var writableFolders: [FilePath] {
        binds.filter { !$0.isReadOnly }.map(\.source) + (profile == .install ? [root] : [])
    }

    package init(
        profile: Profile, root: FilePath, binds: [Bind], environment: [String: String],
        workingDirectory: FilePath, arguments: [String]
    ) {
        self.profile = profile
        self.root = root
        self.binds = binds
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.arguments = arguments
    }
}
