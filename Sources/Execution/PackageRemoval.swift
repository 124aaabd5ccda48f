import HostSystem
import Planning
import Sandbox
import SystemPackage

/// How a package goes.
extension PackageLife {
    /// Where apt, dpkg and the triggers of other packages keep state of their own.
    private static let foreign = [
        "etc/ca-certificates", "etc/ld.so.cache", "etc/ssl/certs", "tmp", "usr/local/share",
        "var/cache", "var/lib/apt", "var/lib/dpkg", "var/log",
    ]

    /// Removes the package from under a compiled gem, which has to stay and work again later.
    func remove() async throws -> String {
        try await prepareWithGem()
        let object = try await installGem()
        try await apt("remove", operation.package)
        let ruby = room.root.pushing(FilePath("\(operation.prefix.dropFirst())/bin/ruby"))
        guard !Files.exists(ruby) else {
            throw Flaw("`\(operation.prefix)/bin/ruby` is still there")
        }
        let kept = room.root.pushing(FilePath(String(object.dropFirst())))
        guard Files.exists(kept) else { throw Flaw("the gem `\(object)` was removed") }
        try await apt("install", operation.package)
        try await requireIntact(operation.version)
        try await requireGem(after: "removal and installation")
        try await apt("remove", operation.package)
        return "removed; a gem of people's own stayed, and loads after another installation"
    }

    /// Purges the package with a gem in it; `known` are the paths that may stay.
    func purge(known: Set<String>) async throws -> String {
        try await prepareWithGem()
        try await apt("purge", operation.package)
        let status = try await room.capture(.install, ["dpkg", "--status", operation.package])
        guard !status.succeeded else { throw Flaw("dpkg still knows the package") }
        let left = try await leftovers(known: known)
        guard left.isEmpty else {
            throw Flaw("left behind:\n" + left.prefix(20).joined(separator: "\n"))
        }
        return "nothing of the package is left, and nothing of the gems in it"
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
}
