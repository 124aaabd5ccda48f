/// What usually forbids namespaces, and what a home can lie on.
extension Diagnosis {
    /// File systems that keep no owners, links or modes as a Debian system needs them.
    private static let foreign: Set<String> = [
        "9p", "afs", "afpfs", "ceph", "cifs", "exfat", "fuseblk", "hfsplus", "lustre", "msdos",
        "nfs", "nfs4", "ntfs", "ntfs3", "prl_fs", "smb2", "smb3", "smbfs", "vboxsf", "vfat",
        "virtiofs", "vmhgfs",
    ]

    var homeFileSystem: Check {
        let name = "home file system"
        let home = facts.home
        let place = "the home `\(home.path)` lies on \(home.fileSystem)"
        let elsewhere = "choose a folder on a local disk with LAPIDARY_HOME"
        if home.options.contains("ro") {
            return .failed(name, "\(place), which is mounted read-only", elsewhere)
        }
        if home.options.contains("noexec") {
            return .failed(
                name, "\(place), which is mounted noexec: no built program could run there",
                "\(elsewhere), or as root: mount -o remount,exec its mount point")
        }
        if Self.foreign.contains(home.fileSystem) || home.fileSystem.hasPrefix("fuse.") {
            return .failed(
                name, "\(place), which does not keep the owners and links of a Debian system",
                elsewhere)
        }
        switch home.fileSystem {
        case "overlay" where facts.container != nil:
            return .warning(
                name, "\(place), the container's own layer, which is gone with the container",
                "mount a volume and choose a folder of it with LAPIDARY_HOME")
        case "tmpfs", "ramfs":
            return .warning(
                name, "\(place), which takes memory and is gone after a restart", elsewhere)
        default:
            return .ok(name, "\(place)")
        }
    }

    /// What to do about a reason that a program gave for not making namespaces.
    func remedy(for reason: String) -> String? {
        if reason.contains("newuidmap") || reason.contains("newgidmap") {
            return
                "newuidmap must be allowed to set ids: apt-get install --reinstall uidmap, on a file"
                + " system that is not mounted nosuid"
        }
        if facts.maxUserNamespaces == 0 {
            return "as root: sysctl user.max_user_namespaces=15000"
        }
        if reason.contains("No space left on device") {
            let limit = facts.maxUserNamespaces.map { " (now \($0))" } ?? ""
            return "too many namespaces; as root: sysctl user.max_user_namespaces=15000\(limit)"
        }
        if !facts.isRoot, facts.allowsUnprivilegedNamespaces == false {
            return "as root: sysctl kernel.unprivileged_userns_clone=1"
        }
        if !facts.isRoot, facts.appArmorRestrictsNamespaces {
            return
                "AppArmor limits user namespaces: give /usr/bin/bwrap and /usr/bin/unshare a profile"
                + " with `userns,` in /etc/apparmor.d, or as root:"
                + " sysctl kernel.apparmor_restrict_unprivileged_userns=0"
        }
        // Masked paths below /proc keep a new /proc from being mounted (user_namespaces(7)).
        let isMasked = reason.contains("mount proc")
        switch facts.container {
        case .docker:
            return isMasked
                ? "start the container with docker run --security-opt systempaths=unconfined"
                    + " (and seccomp=unconfined, apparmor=unconfined)"
                : "start the container with docker run --security-opt seccomp=unconfined"
                    + " --security-opt apparmor=unconfined --security-opt systempaths=unconfined"
        case .podman:
            return isMasked
                ? "start the container with podman run --security-opt unmask=ALL"
                : "start the container with podman run --security-opt seccomp=unconfined"
                    + " --security-opt unmask=ALL"
        case .other:
            return
                "allow the container to make namespaces (unshare, clone, mount) and to mount /proc"
        case nil:
            return nil
        }
    }
}
