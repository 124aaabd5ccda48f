import Diagnostics
import HostSystem
import Planning
import Recipe
import Sandbox
import SystemPackage

/// A package's life under apt: installed, removed, purged.
struct PackageLife: Sendable {
    let room: SmokeRoom

    /// Where apt, dpkg and the triggers of other packages keep state of their own.
    private static let foreign = [
        "etc/ca-certificates", "etc/ld.so.cache", "etc/ssl/certs", "tmp", "usr/local/share",
        "var/cache", "var/lib/apt", "var/lib/dpkg", "var/log",
    ]

    private var operation: SmokeOperation { room.operation }

    /// Makes a package live through an event; `known` are the paths that were there before or came
    /// with something else.
    func verdict(on event: PackageEvent, known: Set<String>) async throws -> SmokeVerdict {
        switch event {
        case .install: try await install()
        case .remove: try await remove()
        case .purge: try await purge(known: known)
        }
    }

    func install() async throws -> SmokeVerdict {
        let update = try await apt(["update"])
        guard update.succeeded else { return .failed(SmokeRoom.text(of: update)) }
        let result = try await apt(["install", operation.package])
        guard result.succeeded else { return .failed(SmokeRoom.text(of: result)) }
        let query = try await room.capture(
            .install, ["dpkg-query", "--show", "--showformat=${Version}", operation.package])
        guard query.standardOutput == operation.version else {
            return .failed(
                "apt installed version `\(query.standardOutput)` instead of \(operation.version)")
        }
        let verify = try await room.capture(.install, ["dpkg", "--verify", operation.package])
        let report = SmokeRoom.text(of: verify)
        guard verify.succeeded, report.isEmpty else {
            return .failed("installed files differ from the package's md5sums:\n\(report)")
        }
        return .passed(
            "apt installed \(operation.package) \(operation.version) from the signed repository")
    }

    /// Installs what the checks compile with.
    ///
    /// - Returns: every path that came with it, the links of its alternatives included.
    /// - Throws: `Failure` of kind `environment`: without tools the package cannot be judged.
    func installTools() async throws -> Set<String> {
        let before = try await room.paths()
        let result = try await apt(["install"] + operation.tools)
        guard result.succeeded else {
            throw Failure(
                .environment, "could not install the tools of the smoke checks in the clean root",
                details: SmokeRoom.text(of: result).split(whereSeparator: \.isNewline).suffix(20)
                    .map(String.init))
        }
        return try await room.paths().subtracting(before)
    }

    /// Removes the package after a gem was put into its gem folder, which has to stay.
    private func remove() async throws -> SmokeVerdict {
        let gem = try await room.capture(
            .install,
            [
                "\(operation.prefix)/bin/ruby", "-e",
                "path = File.join(Gem.default_dir, 'gems', 'people-own.txt');"
                    + " File.write(path, 'kept'); print path",
            ])
        guard gem.succeeded else { return .failed(SmokeRoom.text(of: gem)) }
        let result = try await apt(["remove", operation.package])
        guard result.succeeded else { return .failed(SmokeRoom.text(of: result)) }
        let kept = room.root.pushing(FilePath(String(gem.standardOutput.dropFirst())))
        guard Files.exists(kept) else {
            return .failed("the file `\(gem.standardOutput)` of people's own was removed")
        }
        let ruby = room.root.pushing(FilePath("\(operation.prefix.dropFirst())/bin/ruby"))
        guard !Files.exists(ruby) else {
            return .failed("`\(operation.prefix)/bin/ruby` is still there")
        }
        return .passed("removed, and the gems of people's own are still there")
    }

    /// Purges the package.
    private func purge(known: Set<String>) async throws -> SmokeVerdict {
        let result = try await apt(["purge", operation.package])
        guard result.succeeded else { return .failed(SmokeRoom.text(of: result)) }
        let status = try await room.capture(.install, ["dpkg", "--status", operation.package])
        guard !status.succeeded else { return .failed("dpkg still knows the package") }
        let left = try await leftovers(known: known)
        guard left.isEmpty else {
            return .failed("left behind:\n" + left.prefix(20).joined(separator: "\n"))
        }
        return .passed("nothing of the package is left")
    }

    /// Everything that was not there before and that no other package owns.
    private func leftovers(known: Set<String>) async throws -> [String] {
        var owned: Set<String> = []
        let information = room.root.pushing("var/lib/dpkg/info")
        for name in try Files.names(in: information) where name.hasSuffix(".list") {
            let list = try Files.readText(information.appending(name))
            owned.formUnion(list.split(whereSeparator: \.isNewline).map { String($0.dropFirst()) })
        }
        let marks = [operation.package, String(operation.prefix.dropFirst())]
        return try await room.paths().subtracting(known).filter { path in
            if marks.contains(where: path.contains) { return true }
            return !owned.contains(path) && !owned.contains(Self.unmerged(path))
                && !Self.foreign.contains { path == $0 || path.hasPrefix("\($0)/") }
        }.sorted()
    }

    /// dpkg lists files of merged folders under their old names: `lib/x` for `usr/lib/x`.
    private static func unmerged(_ path: String) -> String {
        path.hasPrefix("usr/") ? String(path.dropFirst(4)) : path
    }

    private func apt(_ arguments: [String]) async throws -> CommandResult {
        try await room.capture(
            .install, ["apt-get", "--yes", "-o", "Dpkg::Use-Pty=0"] + arguments,
            environment: ["DEBIAN_FRONTEND": "noninteractive", "HOME": "/root"])
    }
}
