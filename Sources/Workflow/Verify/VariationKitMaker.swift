import Diagnostics
import Digest
import HostSystem
import Lock
import Planning
import Sandbox
import Store
import SystemPackage

/// Makes a variation kit from Debian packages, inside the root that it is for.
struct VariationKitMaker: Sendable {
    let context: Context
    /// The unpacked build root.
    let root: FilePath

    private static let clock = "libfaketime"
    private static let locales = "locales"

    /// Makes what the packages allow.
    ///
    /// - Parameters:
    ///   - kit: an empty folder.
    ///   - packages: packages in the store; those of other names are not looked at.
    ///   - log: receives what the programs print.
    /// - Throws: `Failure` of kind `environment` when a package cannot be unpacked.
    func make(_ kit: VariationKit, from packages: [PackageSet.Member], log: FilePath) async throws {
        try kit.prepare()
        try await TemporaryDirectory.with(in: context.home.temporary, name: "kit") { folder in
            let inputs = folder.appending("inputs")
            let build = folder.appending("build")
            for path in [inputs, build, kit.locales] { try Files.createDirectory(path) }
            let binds = [
                SandboxSpec.Bind(inputs, at: "/inputs", isReadOnly: true),
                SandboxSpec.Bind(build, at: "/build", isReadOnly: false),
                SandboxSpec.Bind(kit.locales, at: "/outputs", isReadOnly: false),
            ]
            for package in packages where [Self.clock, Self.locales].contains(package.package) {
                guard let file = try context.store.verified(package.sha256) else { continue }
                try Files.linkOrCopy(file, to: inputs.appending("\(package.package).deb"))
                try await run(
                    [
                        "dpkg-deb", "--extract", "/inputs/\(package.package).deb",
                        "/build/\(package.package)",
                    ], binds, log: log)
            }
            let library = try FileTree.entries(below: build).first {
                $0.kind == .file && $0.path.hasSuffix("/\(kit.clock.lastComponent?.string ?? "")")
            }
            if let library {
                try Files.linkOrCopy(build.pushing(FilePath(library.path)), to: kit.clock)
            }
            guard Files.isDirectory(build.appending(Self.locales)) else { return }
            try await run(
                [
                    "localedef", "--no-archive", "--inputfile=et_EE", "--charmap=UTF-8",
                    "/outputs/\(VariationKit.locale)",
                ], binds, environment: ["I18NPATH": "/build/\(Self.locales)/usr/share/i18n"],
                log: log)
        }
    }

    private func run(
        _ arguments: [String], _ binds: [SandboxSpec.Bind], environment: [String: String] = [:],
        log: FilePath
    ) async throws {
        let spec = SandboxSpec(
            profile: .build, root: root, binds: binds, environment: environment,
            workingDirectory: "/build", arguments: arguments)
        let ending = try await BubblewrapSandbox(runner: context.runner)
            .run(spec, appendingTo: log)
        guard ending == .exited(0) else {
            throw Failure(
                .environment,
                "could not prepare the variations: \(arguments[0]) ended with \(ending)",
                details: try LogTail.lines(of: log))
        }
    }
}

extension Context {
    /// Makes a variation kit for the time that a body takes.
    ///
    /// - Parameters:
    ///   - packages: packages in the store that it is made of.
    ///   - root: the digest of the build root that it is for; nil makes a kit without locale and
    ///     clock.
    ///   - body: gets the kit.
    /// - Returns: what `body` returns.
    /// - Throws: `Failure` when the kit cannot be made, and what `body` throws.
    func withVariationKit<Value>(
        of packages: [PackageSet.Member], in root: SHA256Digest?,
        _ body: (VariationKit) async throws -> Value
    ) async throws -> Value {
        try await TemporaryDirectory.with(in: home.temporary, name: "kit") { folder in
            // Sandboxes run as another user.
            try Files.setMode(0o755, of: folder)
            let kit = VariationKit(folder.appending("kit"))
            if let root {
                try await VariationKitMaker(
                    context: self, root: home.roots.appending(root.hex)
                ).make(kit, from: packages, log: folder.appending("kit.log"))
            } else {
                try kit.prepare()
            }
            return try await body(kit)
        }
    }
}
