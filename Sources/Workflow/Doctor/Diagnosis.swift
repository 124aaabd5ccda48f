import Report

/// Judges a machine by its facts; pure, so that each case is a test.
package struct Diagnosis: Sendable {
    /// One thing that was looked at.
    package struct Check: Sendable, Hashable {
        /// What it means for a build.
        package enum Verdict: String, Sendable, Hashable {
            case ok, warning, failed
        }

        package let name: String
        package let verdict: Verdict
        /// What was found.
        package let finding: String
        /// What to do, in one line; nil when it is fine.
        package let remedy: String?

        static func ok(_ name: String, _ finding: String) -> Check {
            Check(name: name, verdict: .ok, finding: finding, remedy: nil)
        }

        static func warning(_ name: String, _ finding: String, _ remedy: String) -> Check {
            Check(name: name, verdict: .warning, finding: finding, remedy: remedy)
        }

        static func failed(_ name: String, _ finding: String, _ remedy: String?) -> Check {
            Check(name: name, verdict: .failed, finding: finding, remedy: remedy)
        }
    }

    /// What a first build of one suite needs, in bytes: roots, packages, a build tree and its copy.
    private static let firstBuildBytes: Int64 = 6_000_000_000
    /// What a build needs that finds its roots in the home, in bytes.
    private static let laterBuildBytes: Int64 = 2_000_000_000
    /// The files of a build root, a build tree and a clean root, with room to spare.
    private static let buildFiles: Int64 = 150_000
    /// dpkg and apt use the ids of Debian's base-passwd, of which `nobody` is the highest (65534);
    /// the lowest is the user's own.
    private static let systemIDs = 65534

    /// The programs Lapidary runs on the host, with the Debian package of each.
    package static let programs: [(program: String, package: String)] = [
        ("apt-get", "apt"), ("bwrap", "bubblewrap"), ("cp", "coreutils"), ("curl", "curl"),
        ("dpkg-deb", "dpkg"), ("find", "findutils"), ("gpg", "gpg"), ("gpgv", "gpgv"),
        ("gzip", "gzip"), ("mmdebstrap", "mmdebstrap"), ("prlimit", "util-linux"),
        ("setpriv", "util-linux"), ("tar", "tar"), ("unshare", "util-linux"), ("xz", "xz-utils"),
    ]
    /// What only an ordinary user needs.
    package static let userPrograms: [(program: String, package: String)] = [
        ("newgidmap", "uidmap"), ("newuidmap", "uidmap"),
    ]

    let facts: MachineFacts

    package init(of facts: MachineFacts) {
        self.facts = facts
    }

    /// Everything `doctor` shows, in its order.
    package var checks: [Check] {
        [
            privileges, homeFileSystem, disk, programs, keyring, sandbox, limits, mirror, charts,
        ]
    }

    /// What would stop a build before its first action.
    ///
    /// The mirror and the keyring are left out: a build whose inputs are all in the store needs
    /// neither.
    package var obstacles: [Check] {
        [programs, privileges, homeFileSystem, disk, sandbox].filter { $0.verdict == .failed }
    }

    private var privileges: Check {
        let name = "privileges"
        if facts.isRoot { return .ok(name, "running as root") }
        let few = min(facts.subordinateUsers, facts.subordinateGroups)
        guard case .failed(let reason) = facts.mapping else {
            return .ok(name, "an ordinary user with subordinate ids")
        }
        guard few >= Self.systemIDs else {
            let file = facts.subordinateUsers <= facts.subordinateGroups ? "subuid" : "subgid"
            return .failed(
                name,
                "the user \(facts.userName) has \(few) subordinate ids in /etc/\(file), and the ids"
                    + " of a whole system are 65536",
                "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535"
                    + " \(facts.userName) (a range that nobody else has), or run it as root")
        }
        return .failed(
            name, "the ids of a whole system cannot be had: \(reason)",
            remedy(for: reason) ?? "run it as root, for instance with sudo")
    }

    private var disk: Check {
        let home = facts.home
        let needed = home.hasRoots ? Self.laterBuildBytes : Self.firstBuildBytes
        let remedy = "free some space, or choose another folder with LAPIDARY_HOME"
        guard home.freeBytes >= needed else {
            return .failed(
                "disk",
                "\(Self.gigabytes(home.freeBytes)) free for the home `\(home.path)`, and a build"
                    + " needs \(Self.gigabytes(needed))", remedy)
        }
        if let files = home.freeFiles, files < Self.buildFiles {
            return .failed(
                "disk",
                "room for \(files) more files on the file system of the home `\(home.path)`, and a"
                    + " build needs \(Self.buildFiles)", remedy)
        }
        return .ok("disk", "\(Self.gigabytes(home.freeBytes)) free for the home `\(home.path)`")
    }

    private static func gigabytes(_ bytes: Int64) -> String {
        "\((Double(bytes) / 1e8).rounded() / 10) GB"
    }

    private var programs: Check {
        let wanted = Self.programs + (facts.isRoot ? [] : Self.userPrograms)
        let missing = wanted.filter { !facts.programs.contains($0.program) }
        guard !missing.isEmpty else {
            return .ok("programs", "all \(wanted.count) programs are here")
        }
        let packages = Set(missing.map(\.package)).sorted().joined(separator: " ")
        return .failed(
            "programs", "missing programs: \(missing.map(\.program).joined(separator: ", "))",
            "install them: apt-get install \(packages)")
    }

    private var keyring: Check {
        let path = "/usr/share/keyrings/debian-archive-keyring.gpg"
        return facts.hasArchiveKeyring
            ? .ok("archive keyring", "`\(path)`")
            : .failed(
                "archive keyring", "`\(path)` is missing",
                "install it: apt-get install debian-archive-keyring")
    }

    private var sandbox: Check {
        switch facts.sandbox {
        case .worked: .ok("sandbox", "bubblewrap makes namespaces")
        case .failed(let reason):
            .failed(
                "sandbox", "bubblewrap cannot make a sandbox here: \(reason)",
                remedy(for: reason)
                    ?? "run `bwrap --ro-bind / / --unshare-all true` to see the whole message")
        }
    }

    private var limits: Check {
        let name = "limits"
        if facts.canMakeControlGroup {
            return .ok(name, "a control group holds the processes of a build")
        }
        return .warning(
            name,
            "no control group can be made here: the processes and the memory of a build are only"
                + " counted, five times a second",
            facts.isRoot
                ? "mount a writable cgroup file system, in a container: --cgroupns=private and"
                    + " /sys/fs/cgroup writable; a build works without"
                : "start it with `systemd-run --user --scope --property=Delegate=yes`; a build works"
                    + " without")
    }

    private var charts: Check {
        let name = "charts"
        if facts.hasChartLibrary { return .ok(name, "D3 draws the charts of reports") }
        return .warning(
            name,
            "the library that draws the charts of `lapidary report` is missing: there is no"
                + " `\(ChartLibrary.path)`",
            "install it: apt-get install \(ChartLibrary.package); all else works without")
    }

    private var mirror: Check {
        switch facts.mirror {
        case .worked: .ok("mirror", facts.mirrorName)
        case .failed(let reason): .failed("mirror", reason, facts.mirrorRemedy)
        }
    }
}
