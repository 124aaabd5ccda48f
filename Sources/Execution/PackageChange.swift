import HostSystem
import Planning
import Sandbox
import SystemPackage

/// Other versions and other packages beside the one under test.
///
/// They are made of the package under test inside the sandbox, since no older revision need exist:
/// the steps of apt and dpkg are real, the older content is not.
extension PackageLife {
    /// From an older revision with a compiled gem to the one under test.
    func upgrade() async throws -> String {
        let old = try await offerPrevious()
        try await apt("purge", operation.package)
        try await apt("install", "\(operation.package)=\(old)")
        try await requireIntact(old)
        guard Files.exists(onlyInPrevious) else {
            throw Flaw("the older revision was installed without `\(onlyInPrevious)`")
        }
        try await installGem()
        try await apt("dist-upgrade")
        try await requireIntact(operation.version)
        guard !Files.exists(onlyInPrevious) else {
            throw Flaw("a file that only the older revision has is still there")
        }
        try await requireGem(after: "upgrade")
        return "upgraded from \(old), and a gem compiled before still loads"
    }

    /// To the older revision and back.
    func downgrade() async throws -> String {
        let old = try await offerPrevious()
        try await prepareWithGem()
        try await apt("install", "--allow-downgrades", "\(operation.package)=\(old)")
        try await requireIntact(old)
        try await requireGem(after: "downgrade")
        try await apt("install", operation.package)
        try await requireIntact(operation.version)
        try await requireGem(after: "upgrade after the downgrade")
        return "downgraded to \(old) and upgraded again, and a gem compiled before still loads"
    }

    /// Over damaged files.
    func reinstall() async throws -> String {
        try await prepareWithGem()
        let damage = try await room.capture(
            .install,
            ["rm", "\(operation.prefix)/bin/irb", "\(operation.prefix)/bin/erb"])
        guard damage.succeeded else { throw Flaw(SmokeRoom.text(of: damage)) }
        let verify = try await room.capture(.install, ["dpkg", "--verify", operation.package])
        guard SmokeRoom.text(of: verify).contains("\(operation.prefix)/bin/irb") else {
            throw Flaw("dpkg does not notice that files are missing: are they in md5sums?")
        }
        try await apt("install", "--reinstall", operation.package)
        try await requireIntact(operation.version)
        try await requireGem(after: "reinstallation")
        return "deleted files came back, and people's own gem still loads"
    }

    /// Beside a package of the same kind: as another variant or release would be installed.
    func neighbour() async throws -> String {
        let neighbour = "\(operation.package)-neighbour"
        let prefix = "\(operation.prefix)-neighbour"
        try await prepareWithGem()
        try await room.offer(.neighbour)
        try await apt("update")
        try await apt("install", neighbour)
        try await requireIntact(operation.version, of: neighbour)
        try await requireIntact(operation.version)
        for place in [prefix, operation.prefix] {
            let result = try await room.capture(
                .build, ["\(place)/bin/ruby", "-e", "print RbConfig::CONFIG['prefix']"])
            guard result.succeeded, result.standardOutput == place else {
                throw Flaw("`\(place)/bin/ruby` takes `\(SmokeRoom.text(of: result))` for its own")
            }
        }
        try await apt("purge", neighbour)
        let left = try await room.paths().filter { $0.contains("-neighbour") }
            .filter { !$0.hasPrefix("var/") }
        guard left.isEmpty else {
            throw Flaw("the neighbour left behind:\n" + left.sorted().joined(separator: "\n"))
        }
        try await requireIntact(operation.version)
        try await requireGem(after: "removal of the neighbour")
        return "lived beside \(neighbour), and was not touched when that was purged"
    }

    /// Adds an older revision to the repository of the room; gives its version.
    private func offerPrevious() async throws -> String {
        try await room.offer(.previous)
        try await apt("update")
        return "\(operation.version)~previous"
    }

    private var onlyInPrevious: FilePath {
        let series = operation.release.split(separator: ".").prefix(2).joined(separator: ".")
        return room.root.pushing(
            FilePath(
                "\(operation.prefix.dropFirst())/lib/ruby/\(series).0/lapidary-previous.rb"))
    }
}
