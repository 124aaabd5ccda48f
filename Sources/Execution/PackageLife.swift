import Diagnostics
import HostSystem
import Planning
import Recipe
import Sandbox
import SystemPackage

/// A package's life under apt: installed, changed for another version, removed, purged.
struct PackageLife: Sendable {
    let room: SmokeRoom

    var operation: SmokeOperation { room.operation }

    /// Makes a package live through an event.
    ///
    /// - Parameters:
    ///   - event: what happens; whatever state it needs is brought about first.
    ///   - known: the paths that were there before the package, or came with something else.
    /// - Returns: how it went.
    /// - Throws: `Failure` when the sandbox cannot be used.
    func verdict(on event: PackageEvent, known: Set<String>) async throws -> SmokeVerdict {
        do {
            switch event {
            case .install: return .passed(try await install())
            case .neighbour: return .passed(try await neighbour())
            case .upgrade: return .passed(try await upgrade())
            case .downgrade: return .passed(try await downgrade())
            case .reinstall: return .passed(try await reinstall())
            case .remove: return .passed(try await remove())
            case .purge: return .passed(try await purge(known: known))
            }
        } catch let flaw as Flaw {
            return .failed(flaw.sentence)
        }
    }

    /// What an event did wrong.
    struct Flaw: Error {
        let sentence: String

        init(_ sentence: String) { self.sentence = sentence }
    }

    /// Installs what checks need.
    ///
    /// - Parameter tools: names of Debian packages.
    /// - Returns: every path that came with them, the links of their alternatives included.
    /// - Throws: `Failure` of kind `environment`: without tools the package cannot be judged.
    func install(tools: [String]) async throws -> Set<String> {
        let before = try await room.paths()
        let result = try await room.apt(["install"] + tools)
        guard result.succeeded else {
            throw Failure(
                .environment,
                "could not install \(tools.joined(separator: ", ")) for the smoke checks",
                details: SmokeRoom.text(of: result).split(whereSeparator: \.isNewline).suffix(20)
                    .map(String.init))
        }
        return try await room.paths().subtracting(before)
    }

    /// The first installation, in a root where nothing of the package has ever been.
    private func install() async throws -> String {
        try await apt("update")
        try await apt("install", operation.package)
        try await requireIntact(operation.version)
        return "apt installed \(operation.package) \(operation.version) from the signed repository"
    }

    /// A fault in these steps is the package's, as apt or dpkg tell it.
    func apt(_ arguments: String...) async throws {
        let result = try await room.apt(arguments)
        guard result.succeeded else { throw Flaw(SmokeRoom.text(of: result)) }
    }

    /// The version that dpkg has installed; nil for none.
    func installedVersion(of package: String) async throws -> String? {
        let result = try await room.capture(
            .install,
            ["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}", package])
        let words = result.standardOutput.split(separator: " ")
        guard result.succeeded, words.first == "installed", words.count == 2 else { return nil }
        return String(words[1])
    }

    /// Holds the installed files against the package's own md5sums.
    func requireIntact(_ version: String, of package: String? = nil) async throws {
        let package = package ?? operation.package
        let found = try await installedVersion(of: package)
        guard found == version else {
            throw Flaw("apt left version `\(found ?? "none")` of \(package) instead of \(version)")
        }
        let verify = try await room.capture(.install, ["dpkg", "--verify", package])
        let report = SmokeRoom.text(of: verify)
        guard verify.succeeded, report.isEmpty else {
            throw Flaw("files of \(package) differ from its md5sums:\n\(report)")
        }
    }

    /// Puts the package under test in place, and a compiled gem of people's own into it.
    func prepareWithGem() async throws {
        if try await installedVersion(of: operation.package) != operation.version {
            try await apt(
                "install", "--allow-downgrades", "\(operation.package)=\(operation.version)")
        }
        let use = try await room.ruby(.build, SmokeRoom.gemScript, ["use"])
        if !use.succeeded { try await installGem() }
    }

    /// Compiles a gem of people's own into the package's folder of gems.
    @discardableResult
    func installGem() async throws -> String {
        let result = try await room.ruby(.install, SmokeRoom.gemScript, ["install"])
        guard result.succeeded else { throw Flaw(SmokeRoom.text(of: result)) }
        return SmokeRoom.text(of: result)
    }

    /// The gem must still load after whatever happened.
    func requireGem(after event: String) async throws {
        let result = try await room.ruby(.build, SmokeRoom.gemScript, ["use"])
        guard result.succeeded else {
            throw Flaw("after the \(event), people's own gem: \(SmokeRoom.text(of: result))")
        }
    }
}
