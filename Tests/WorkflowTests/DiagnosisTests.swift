import SystemPackage
import Testing

@testable import Workflow

/// What `doctor` says of machines that cannot build, and what to do there.
@Suite struct DiagnosisTests {
    /// A Debian machine that can build, used by an ordinary user.
    private static let debian = MachineFacts(
        isRoot: false, userName: "ada", distribution: "debian", container: nil,
        programs: Set((Diagnosis.programs + Diagnosis.userPrograms).map(\.program)),
        hasArchiveKeyring: true, hasChartLibrary: true, maxUserNamespaces: 96365,
        allowsUnprivilegedNamespaces: true,
        appArmorRestrictsNamespaces: false, subordinateUsers: 65536, subordinateGroups: 65536,
        mapping: .worked, sandbox: .worked,
        home: .init(
            path: "/home/ada/lapidary", fileSystem: "ext4", options: ["rw", "nosuid", "nodev"],
            freeBytes: 80_000_000_000, freeFiles: 9_000_000, hasRoots: false),
        canMakeControlGroup: true, mirror: .worked, mirrorName: "http://mirror.example/debian",
        mirrorRemedy: nil)

    /// One thing that is wrong with a machine.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let check: String
        let verdict: Diagnosis.Check.Verdict
        let finding: String
        let remedy: String
        let change: @Sendable (inout MachineFacts) -> Void

        init(
            _ name: String, _ check: String, _ verdict: Diagnosis.Check.Verdict = .failed,
            finding: String, remedy: String,
            _ change: @escaping @Sendable (inout MachineFacts) -> Void
        ) {
            testDescription = name
            self.check = check
            self.verdict = verdict
            self.finding = finding
            self.remedy = remedy
            self.change = change
        }
    }

    private static let noNamespace =
        "bwrap: Creating new namespace failed: Operation not permitted"
    private static let noProc = "bwrap: Can't mount proc on /newroot/proc: Operation not permitted"

    static let cases: [Case] = [
        Case(
            "no subordinate ids", "privileges",
            finding: "the user ada has 0 subordinate ids in /etc/subuid",
            remedy: "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ada"
        ) {
            $0.subordinateUsers = 0
            $0.mapping = .failed("unshare: no line matching ada in /etc/subuid")
        },
        Case(
            "too few subordinate groups", "privileges",
            finding: "has 1000 subordinate ids in /etc/subgid", remedy: "usermod"
        ) {
            $0.subordinateGroups = 1000
            $0.mapping = .failed("setpriv: setresgid failed: Invalid argument")
        },
        Case(
            "newuidmap may not", "privileges",
            finding: "newuidmap: write to uid_map failed: Operation not permitted",
            remedy:
                "apt-get install --reinstall uidmap, on a file system that is not mounted nosuid"
        ) { $0.mapping = .failed("newuidmap: write to uid_map failed: Operation not permitted") },
        Case(
            "no newuidmap", "programs", finding: "missing programs: newgidmap, newuidmap",
            remedy: "apt-get install uidmap"
        ) { $0.programs.subtract(["newgidmap", "newuidmap"]) },
        Case(
            "no bubblewrap", "programs", finding: "missing programs: bwrap",
            remedy: "apt-get install bubblewrap"
        ) { $0.programs.remove("bwrap") },
        Case(
            "user namespaces switched off", "sandbox", finding: noNamespace,
            remedy: "sysctl user.max_user_namespaces=15000"
        ) {
            $0.maxUserNamespaces = 0
            $0.sandbox = .failed(noNamespace)
        },
        Case(
            "user namespaces used up", "sandbox", finding: "No space left on device",
            remedy: "too many namespaces; as root: sysctl user.max_user_namespaces=15000 (now 4)"
        ) {
            $0.maxUserNamespaces = 4
            $0.sandbox = .failed(
                "bwrap: Creating new namespace failed: No space left on device")
        },
        Case(
            "a Debian kernel that keeps namespaces for root", "sandbox", finding: noNamespace,
            remedy: "sysctl kernel.unprivileged_userns_clone=1"
        ) {
            $0.allowsUnprivilegedNamespaces = false
            $0.sandbox = .failed(noNamespace)
        },
        Case(
            "Ubuntu's AppArmor and the ids", "privileges",
            finding: "unshare: write failed /proc/self/uid_map: Operation not permitted",
            remedy: "give /usr/bin/bwrap and /usr/bin/unshare a profile with `userns,`"
        ) {
            $0.distribution = "ubuntu"
            $0.appArmorRestrictsNamespaces = true
            $0.mapping = .failed(
                "unshare: write failed /proc/self/uid_map: Operation not permitted")
        },
        Case(
            "Ubuntu's AppArmor and bubblewrap", "sandbox",
            finding: "bwrap: setting up uid map: Permission denied",
            remedy: "sysctl kernel.apparmor_restrict_unprivileged_userns=0"
        ) {
            $0.appArmorRestrictsNamespaces = true
            $0.sandbox = .failed("bwrap: setting up uid map: Permission denied")
        },
        Case(
            "docker's seccomp profile", "sandbox", finding: noNamespace,
            remedy:
                "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
        ) {
            $0.container = .docker
            $0.sandbox = .failed(noNamespace)
        },
        Case(
            "docker's masked /proc", "sandbox", finding: "Can't mount proc",
            remedy: "docker run --security-opt systempaths=unconfined"
        ) {
            $0.container = .docker
            $0.sandbox = .failed(noProc)
        },
        Case(
            "podman's seccomp profile", "sandbox", finding: noNamespace,
            remedy: "podman run --security-opt seccomp=unconfined"
        ) {
            $0.isRoot = true
            $0.container = .podman
            $0.sandbox = .failed(noNamespace)
        },
        Case(
            "podman's masked /proc", "sandbox", finding: "Can't mount proc",
            remedy: "podman run --security-opt unmask=ALL"
        ) {
            $0.container = .podman
            $0.sandbox = .failed(noProc)
        },
        Case(
            "another container", "sandbox", finding: noNamespace,
            remedy: "allow the container to make namespaces"
        ) {
            $0.container = .other
            $0.sandbox = .failed(noNamespace)
        },
        Case(
            "a reason nobody knows", "sandbox", finding: "something new",
            remedy: "run `bwrap --ro-bind / / --unshare-all true`"
        ) { $0.sandbox = .failed("something new") },
        Case(
            "a home on a read-only file system", "home file system",
            finding: "mounted read-only", remedy: "LAPIDARY_HOME"
        ) { $0.home.options = ["ro"] },
        Case(
            "a home where nothing may run", "home file system",
            finding: "mounted noexec: no built program could run there",
            remedy: "mount -o remount,exec"
        ) { $0.home.options.insert("noexec") },
        Case(
            "a home on NFS", "home file system",
            finding: "lies on nfs4, which does not keep the owners and links",
            remedy: "choose a folder on a local disk with LAPIDARY_HOME"
        ) { $0.home.fileSystem = "nfs4" },
        Case(
            "a home over ssh", "home file system", finding: "lies on fuse.sshfs",
            remedy: "LAPIDARY_HOME"
        ) { $0.home.fileSystem = "fuse.sshfs" },
        Case(
            "a home in the container's own layer", "home file system", .warning,
            finding: "gone with the container", remedy: "mount a volume"
        ) {
            $0.container = .docker
            $0.home.fileSystem = "overlay"
        },
        Case(
            "a home in memory", "home file system", .warning, finding: "takes memory",
            remedy: "LAPIDARY_HOME"
        ) { $0.home.fileSystem = "tmpfs" },
        Case(
            "a full disk before the first build", "disk",
            finding: "5.9 GB free for the home `/home/ada/lapidary`, and a build needs 6.0 GB",
            remedy: "free some space"
        ) { $0.home.freeBytes = 5_900_000_000 },
        Case(
            "a full disk before a later build", "disk", finding: "a build needs 2.0 GB",
            remedy: "free some space"
        ) {
            $0.home.hasRoots = true
            $0.home.freeBytes = 1_900_000_000
        },
        Case(
            "a file system without room for files", "disk",
            finding: "room for 1000 more files", remedy: "free some space"
        ) { $0.home.freeFiles = 1000 },
        Case(
            "no archive keyring", "archive keyring", finding: "is missing",
            remedy: "apt-get install debian-archive-keyring"
        ) { $0.hasArchiveKeyring = false },
        Case(
            "no mirror", "mirror", finding: "no Debian mirror is known here",
            remedy: "name a Debian mirror"
        ) {
            $0.mirror = .failed("no Debian mirror is known here")
            $0.mirrorRemedy = "name a Debian mirror with --mirror URL or LAPIDARY_MIRROR"
        },
        Case(
            "a read-only /sys, as root", "limits", .warning,
            finding: "no control group can be made",
            remedy: "/sys/fs/cgroup writable"
        ) {
            $0.isRoot = true
            $0.canMakeControlGroup = false
        },
        Case(
            "a session that systemd keeps to itself", "limits", .warning,
            finding: "no control group can be made", remedy: "systemd-run --user --scope"
        ) { $0.canMakeControlGroup = false },
        Case(
            "no library of charts", "charts", .warning,
            finding: "the library that draws the charts of `lapidary report` is missing",
            remedy: "apt-get install node-d3"
        ) { $0.hasChartLibrary = false },
    ]

    @Test func aGoodMachineHasNothingToDo() {
        for isRoot in [true, false] {
            var facts = Self.debian
            facts.isRoot = isRoot
            let checks = Diagnosis(of: facts).checks
            #expect(checks.allSatisfy { $0.verdict == .ok && $0.remedy == nil })
            #expect(Diagnosis(of: facts).obstacles.isEmpty)
        }
    }

    @Test(arguments: cases)
    func whatIsWrongIsNamedWithOneRemedy(_ one: Case) throws {
        var facts = Self.debian
        one.change(&facts)
        let checks = Diagnosis(of: facts).checks
        let found = try #require(checks.first { $0.name == one.check })
        #expect(found.verdict == one.verdict)
        #expect(found.finding.contains(one.finding), "\(found.finding)")
        let remedy = try #require(found.remedy)
        #expect(remedy.contains(one.remedy), "\(remedy)")
        #expect(!remedy.contains("\n"))
        let others = checks.filter { $0.name != one.check }
        #expect(others.allSatisfy { $0.verdict == .ok }, "\(others)")
    }

    @Test func rootNeedsNoSubordinateIds() {
        var facts = Self.debian
        facts.isRoot = true
        facts.subordinateUsers = 0
        facts.mapping = .failed("never asked")
        facts.programs.subtract(["newuidmap", "newgidmap"])
        #expect(Diagnosis(of: facts).obstacles.isEmpty)
    }

    @Test func aMissingMirrorDoesNotStopABuild() {
        var facts = Self.debian
        facts.mirror = .failed("none")
        facts.hasArchiveKeyring = false
        facts.canMakeControlGroup = false
        #expect(Diagnosis(of: facts).obstacles.isEmpty)
    }
}

/// How the facts are read.
@Suite struct FactTests {
    private static let mountinfo = """
        22 27 0:21 / /proc rw,relatime - proc proc rw
        27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
        30 27 0:44 / /home rw,nosuid shared:3 - nfs4 server:/home rw,vers=4.2
        31 27 0:45 / /srv/a\\040b rw,noexec - btrfs /dev/vdb rw
        32 27 0:46 / /home rw,relatime - ext4 /dev/vdc ro
        """

    @Test(arguments: [
        ("/", "ext4"), ("/homework", "ext4"), ("/proc/self", "proc"), ("/srv/a b/c", "btrfs"),
        ("/srv", "ext4"),
    ])
    func theMountOfAPathIsTheDeepest(path: String, fileSystem: String) {
        let table = MountTable(mountinfo: Self.mountinfo)
        #expect(table.mount(of: .init(path))?.fileSystem == fileSystem)
    }

    @Test func theLaterOfTwoMountsOnAPointCounts() {
        let mount = MountTable(mountinfo: Self.mountinfo).mount(of: "/home/ada")
        #expect(mount?.fileSystem == "ext4")
        #expect(mount?.options == ["rw", "relatime", "ro"])
    }

    @Test(arguments: [
        ("ada:100000:65536\n", 65536), ("1001:1:5\nada:2:7\n", 5), ("bob:100000:65536\n", 0),
        ("", 0), ("ada:x\n", 0), ("ada:1:many\n", 0),
    ])
    func subordinateIdsAreThoseOfTheFirstRange(text: String, count: Int) {
        #expect(FactFinder.subordinateIDs(in: text, user: "ada", uid: 1001) == count)
    }
}
