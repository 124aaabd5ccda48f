import Debian
import Diagnostics
package import Digest
package import HostSystem
package import Lock
import Sandbox
package import Store
package import SystemPackage

/// Makes root file systems from exact packages, without network.
package struct RootAssembler: Sendable {
    private let store: ArtifactStore
    private let runner: any CommandRunner
    private let privileges: Privileges

    package init(
        store: ArtifactStore, runner: any CommandRunner, privileges: Privileges = .current
    ) {
        self.store = store
        self.runner = runner
        self.privileges = privileges
    }

    /// Where the unpacked tree of a root lies.
    package func tree(of root: SHA256Digest) -> FilePath {
        store.tree(of: root)
    }

    /// Installs packages into a new root and keeps the tree under the digest of its tar.
    ///
    /// - Parameters:
    ///   - set: the package set the root is made of.
    ///   - baseOnly: whether only the bare system is wanted.
    ///   - epoch: seconds since 1970 that files made during installation are dated with.
    ///   - log: receives what mmdebstrap prints.
    /// - Returns: the digest of the root's tar, and the tar's size in bytes.
    /// - Throws: `Failure` with the end of the log when mmdebstrap fails.
    package func assemble(_ set: PackageSet, baseOnly: Bool, epoch: Int, log: FilePath) async throws
        -> FileDigests
    {
        let members = set.members.filter { $0.isBase || !baseOnly }
        return try await TemporaryDirectory.with(in: store.home.temporary, name: "root") { folder in
            // mmdebstrap's own helpers run under other ids and must be able to reach the pool.
            try Files.setMode(0o755, of: folder)
            try DiskSpace.require(
                try Self.room(for: members), at: folder, purpose: "to make the \(set.suite) root")
            let pool = folder.appending("pool")
            try Files.createDirectory(pool)
            try LocalPool.make(of: members, in: pool, store: store)
            let tree = folder.appending("tree")
            try await install(members, of: set, from: pool, into: tree, epoch: epoch, log: log)
            try settle(tree)
            let digests = try await digest(of: tree, epoch: epoch, in: folder, log: log)
            let kept = self.tree(of: digests.sha256)
            if !Files.isDirectory(kept) { try Files.move(tree, to: kept) }
            return digests
        }
    }

    /// Bytes that making a root takes: the installed files, their tar, and apt's copies of the
    /// packages.
    private static func room(for members: [PackageSet.Member]) throws -> Int64 {
        try members.reduce(0) { sum, member in
            let stanza = try ControlStanza.parseAll(member.stanza, source: member.fileName).first
            // In units of 1024 bytes (deb-control(5)).
            let installed = (stanza?["Installed-Size"]).flatMap { Int64($0) } ?? 0
            return sum + 2 * installed * 1024 + member.size
        }
    }

    private func install(
        _ members: [PackageSet.Member], of set: PackageSet, from pool: FilePath,
        into tree: FilePath, epoch: Int, log: FilePath
    ) async throws {
        let names = members.map(\.package).joined(separator: ",")
        let command = Command(
            "mmdebstrap",
            [
                "--mode=root", "--variant=apt", "--format=directory",
                "--architectures=\(set.architecture)", "--include=\(names)",
                "--aptopt=APT::Install-Recommends \"false\"",
                // Folders of apt belong to root then, whoever may enter the pool's.
                "--aptopt=APT::Sandbox::User \"root\"", set.suite, tree.string,
                "deb [trusted=yes] copy:\(pool) ./",
            ],
            environment: [
                "SOURCE_DATE_EPOCH": String(epoch), "TMPDIR": pool.removingLastComponent().string,
            ], isolated: true)
        let ending = try await runner.run(
            privileges.withSystemIDs(command, apartFrom: .machine), appendingTo: log)
        guard ending == .exited(0) else {
            throw Failure(
                .environment,
                "could not make the \(set.suite) root: mmdebstrap ended with \(ending)",
                details: try LogTail.lines(of: log), hint: "the whole log is \(log)")
        }
    }

    /// Overwrites what the host leaks into a root, and makes the mount points a sandbox needs.
    private func settle(_ tree: FilePath) throws {
        let etc = tree.appending("etc")
        try Files.remove(etc.appending("resolv.conf"))
        try Files.write("", to: etc.appending("resolv.conf"))
        try Files.write("lapidary\n", to: etc.appending("hostname"))
        try Files.write("127.0.0.1 localhost lapidary\n::1 localhost\n", to: etc.appending("hosts"))
        // The user that builds and checks run as has a name, as on any machine.
        try Files.append(
            "ruby:x:1000:1000:Ruby:/nonexistent:/bin/sh\n", to: etc.appending("passwd"))
        try Files.append("ruby:x:1000:\n", to: etc.appending("group"))
        try Files.remove(etc.pushing("apt/sources.list"))
        for name in try Files.names(in: etc.pushing("apt/sources.list.d")) {
            try Files.remove(etc.pushing("apt/sources.list.d").appending(name))
        }
        for point in BubblewrapSandbox.mountPoints {
            let path = tree.pushing(FilePath(String(point.string.dropFirst())))
            if !Files.isDirectory(path) { try Files.createDirectory(path) }
        }
    }

    /// Digests the unpacked tree of a root again.
    ///
    /// - Parameters:
    ///   - root: a root that is kept.
    ///   - epoch: what it was made with.
    /// - Returns: the digest that the tree has now.
    /// - Throws: `Failure` of kind `environment` when the tree cannot be read.
    package func digest(ofKept root: SHA256Digest, epoch: Int) async throws -> SHA256Digest {
        try await TemporaryDirectory.with(in: store.home.temporary, name: "root") { folder in
            try DiskSpace.require(
                DiskSpace.used(by: tree(of: root)), at: folder, purpose: "to digest a root")
            return try await digest(
                of: tree(of: root), epoch: epoch, in: folder, log: folder.appending("log")
            ).sha256
        }
    }

    /// The digest of the tree as a sorted, clamped tar: the same on every file system.
    private func digest(of tree: FilePath, epoch: Int, in folder: FilePath, log: FilePath)
        async throws -> FileDigests
    {
        let tar = folder.appending("root.tar")
        let command = Command(
            "tar",
            [
                "--create", "--file=\(tar)", "--directory=\(tree)", "--sort=name",
                "--numeric-owner", "--format=posix",
                "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime",
                "--mtime=@\(epoch)", "--clamp-mtime", "--xattrs", "--exclude=./dev/*", ".",
            ], isolated: true)
        // Among the same ids as mmdebstrap, so that owners are 0 to 65535 for every user.
        let ending = try await runner.run(
            privileges.withSystemIDs(command), appendingTo: log)
        guard ending == .exited(0) else {
            throw Failure(
                .environment, "could not read the new root: tar ended with \(ending)",
                details: try LogTail.lines(of: log))
        }
        let digests = try FileDigests(of: tar)
        try Files.remove(tar)
        return digests
    }
}
