/// What `doctor` judges, looked up beforehand: a value, so that every case can be tried.
package struct MachineFacts: Sendable, Hashable {
    /// What Lapidary runs inside of.
    package enum Container: String, Sendable, Hashable {
        case docker, podman
        /// Some other kind: systemd-nspawn, LXC, Kubernetes.
        case other
    }

    /// How something that was tried went.
    package enum Trial: Sendable, Hashable {
        case worked
        /// What the program said, in its own words.
        case failed(String)
    }

    /// The file system that holds the home.
    package struct HomeFolder: Sendable, Hashable {
        package var path: String
        /// As mounts name it: `ext4`, `nfs4`, `overlay`.
        package var fileSystem: String
        /// Mount options: `rw`, `noexec`.
        package var options: Set<String>
        /// Free bytes for this user.
        package var freeBytes: Int64
        /// Files that can still be made; nil where the file system does not count them.
        package var freeFiles: Int64?
        /// Whether a root lies there already, so that less space is needed.
        package var hasRoots: Bool

        package init(
            path: String, fileSystem: String, options: Set<String>, freeBytes: Int64,
            freeFiles: Int64?, hasRoots: Bool
        ) {
            self.path = path
            self.fileSystem = fileSystem
            self.options = options
            self.freeBytes = freeBytes
            self.freeFiles = freeFiles
            self.hasRoots = hasRoots
        }
    }

    package var isRoot: Bool
    package var userName: String
    /// The id in os-release(5): `debian`, `ubuntu`.
    package var distribution: String?
    package var container: Container?
    /// The programs that were found in PATH, of those that Lapidary runs.
    package var programs: Set<String>
    package var hasArchiveKeyring: Bool
    /// Whether the library is here that draws the charts of reports.
    package var hasChartLibrary: Bool
    /// `user.max_user_namespaces`; nil where the kernel has no such setting.
    package var maxUserNamespaces: Int?
    /// `kernel.unprivileged_userns_clone`, a setting of Debian's kernels.
    package var allowsUnprivilegedNamespaces: Bool?
    /// `kernel.apparmor_restrict_unprivileged_userns`, a setting of Ubuntu's kernels.
    package var appArmorRestrictsNamespaces: Bool
    /// How many subordinate user and group ids /etc/subuid and /etc/subgid give this user.
    package var subordinateUsers: Int
    package var subordinateGroups: Int
    /// Whether a program could run among the ids of a whole system.
    package var mapping: Trial
    /// Whether a program could run in a build sandbox.
    package var sandbox: Trial
    package var home: HomeFolder
    /// Whether the kernel can hold a build's processes together (`ControlGroup`).
    package var canMakeControlGroup: Bool
    /// The Debian mirror, or why none is known and what to do.
    package var mirror: Trial
    package var mirrorName: String
    package var mirrorRemedy: String?

    package init(
        isRoot: Bool, userName: String, distribution: String?, container: Container?,
        programs: Set<String>, hasArchiveKeyring: Bool, hasChartLibrary: Bool,
        maxUserNamespaces: Int?,
        allowsUnprivilegedNamespaces: Bool?, appArmorRestrictsNamespaces: Bool,
        subordinateUsers: Int, subordinateGroups: Int, mapping: Trial, sandbox: Trial,
        home: HomeFolder, canMakeControlGroup: Bool, mirror: Trial, mirrorName: String,
        mirrorRemedy: String?
    ) {
        self.isRoot = isRoot
        self.userName = userName
        self.distribution = distribution
        self.container = container
        self.programs = programs
        self.hasArchiveKeyring = hasArchiveKeyring
        self.hasChartLibrary = hasChartLibrary
        self.maxUserNamespaces = maxUserNamespaces
        self.allowsUnprivilegedNamespaces = allowsUnprivilegedNamespaces
        self.appArmorRestrictsNamespaces = appArmorRestrictsNamespaces
        self.subordinateUsers = subordinateUsers
        self.subordinateGroups = subordinateGroups
        self.mapping = mapping
        self.sandbox = sandbox
        self.home = home
        self.canMakeControlGroup = canMakeControlGroup
        self.mirror = mirror
        self.mirrorName = mirrorName
        self.mirrorRemedy = mirrorRemedy
    }
}
