import HostSystem
package import SystemPackage

/// What programs in a build sandbox can notice of who builds, when and where.
///
/// Builds always have the usual world. `verify` changes it, to see whether anything of it reaches
/// a package.
package struct SandboxWorld: Sendable, Hashable {
    /// The world of every build.
    package static let usual = SandboxWorld()

    package var hostName = "lapidary"
    /// The ids that programs run as.
    package var user = 1000
    package var group = 1000
    /// Variables on top of all others.
    package var environment: [String: String] = [:]
    /// Folders after those that PATH has.
    package var searchedLast: [String] = []
    /// Files and folders of the host that are shown read-only, by their paths inside.
    package var shown: [FilePath: FilePath] = [:]
    /// The program that is /bin/sh, relative to the root; nil for the root's own.
    package var shell: FilePath?
    /// Words in front of what starts the sandbox, such as `setarch --uname-2.6`.
    package var startedBy: [String] = []
    /// Whether folders list their files in another order each time.
    package var shufflesFolders = false

    /// What /bin/sh is a link to in Debian's releases, and else itself.
    private static let shells: [FilePath] = ["usr/bin/dash", "bin/dash", "bin/sh"]

    package init() {}

    /// The same world with the machine's own clock, and whatever else would be loaded first.
    ///
    /// libfaketime and an allocator of its own wait for each other for ever: the one asks for the
    /// time when it is first called, the other for memory.
    package var withoutPreload: SandboxWorld {
        var world = self
        world.environment["LD_PRELOAD"] = nil
        return world
    }

    func applied(to environment: [String: String]) -> [String: String] {
        var environment = environment.merging(self.environment) { $1 }
        let path = [environment["PATH"] ?? ""] + searchedLast
        environment["PATH"] = path.filter { !$0.isEmpty }.joined(separator: ":")
        return environment
    }

    func binds(below root: FilePath) -> [SandboxSpec.Bind] {
        var binds = shown.sorted { $0.key.string < $1.key.string }.map { target, source in
            SandboxSpec.Bind(source, at: target, isReadOnly: true)
        }
        if let shell, let usual = Self.shells.first(where: { Files.exists(root.pushing($0)) }) {
            binds.append(
                SandboxSpec.Bind(
                    root.pushing(shell), at: FilePath("/").pushing(usual), isReadOnly: true))
        }
        return binds
    }
}
