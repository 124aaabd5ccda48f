import Debian
import Diagnostics
import Digest
package import Execution
import HostSystem
import Planning
package import Recipe
import Store
package import SystemPackage

/// What is tried, and how.
package struct SmokeOptions: Sendable, Hashable {
    /// Names of the checks to make; nil for every one.
    package let only: [String]?
    /// A .deb to try in place of the one that would be built.
    package let deb: FilePath?
    /// Whether to try again what passed before.
    package let repeats: Bool

    package init(only: [String]?, deb: FilePath?, repeats: Bool) {
        self.only = only
        self.deb = deb
        self.repeats = repeats
    }
}

/// What a run of `smoke` found.
package struct SmokeSummary: Sendable, Hashable {
    package let trials: SmokeTrials
    /// Every action with its seconds; those of fresh ones are from the run that made them.
    package let actions: [Executor.Outcome]
    /// Wall-clock seconds from the first action to the last.
    package let seconds: Double
}

/// Tries packages: the job behind `smoke`.
package struct SmokeWorkflow: Sendable {
    private let context: Context

    package init(context: Context) {
        self.context = context
    }

    /// Builds what is not yet, then tries it; a package that fails does not keep the next from
    /// being tried.
    ///
    /// - Parameters:
    ///   - selections: what to try; none means what the project file or the defaults say.
    ///   - options: which checks, and of which .deb.
    /// - Returns: what was found, whether or not all is well.
    /// - Throws: `Failure` of kind `usage` for a check or a .deb that does not belong to the
    ///   selections; otherwise of what kept the packages from being made and tried.
    package func run(_ selections: [Selection], _ options: SmokeOptions) async throws
        -> SmokeSummary
    {
        let catalog = try ProjectLoader.catalog(of: context.project)
        if let only = options.only { try Self.check(only, in: catalog.smoke) }
        let deb = try await options.deb.asyncMap { try await read($0) }
        if deb != nil {
            let cells = try CellSelection.cells(
                of: selections, in: catalog, host: context.host,
                allowsUnverified: context.allowsUnverified)
            guard cells.count == 1 else {
                throw Failure(
                    .usage, "one .deb is one package, but the selection means \(cells.count)",
                    details: cells.map(\.description),
                    hint: "name one release, variant and suite, such as 3.3@trim:bookworm")
            }
        }
        let workflow = BuildWorkflow(context: context)
        return try await workflow.perform(
            selections, of: catalog, goal: .smokedPackages,
            adjust: { plan in
                let request = SmokeRequest(only: options.only, deb: deb?.description)
                if let deb { try context.store.insert(deb.bytes) }
                return try request.applied(to: plan)
            }, isForced: { $0.isSmoke && options.repeats },
            { run in
                // A partial trial leaves out the packages that it does not try.
                if deb == nil, options.only == nil {
                    for cell in run.cells {
                        _ = try workflow.packages(
                            of: cell, vendor: catalog.project.vendor, outcomes: run.outcomes)
                    }
                }
                return SmokeSummary(
                    trials: try run.trials(in: context.store), actions: run.ordered,
                    seconds: run.seconds)
            })
    }

    /// A mistyped name must be found before anything is built.
    private static func check(_ names: [String], in suite: SmokeSuite) throws {
        let known = suite.checks.map(\.name)
        for name in names where !known.contains(name) {
            throw Failure(
                .usage, "there is no smoke check `\(name)`",
                hint: Suggestion.hint(for: name, among: known))
        }
    }

    private struct Deb {
        let bytes: [UInt8]
        let description: SmokeRequest.Deb
    }

    /// Reads a .deb without unpacking it.
    private func read(_ path: FilePath) async throws -> Deb {
        guard Files.exists(path), !Files.isDirectory(path) else {
            throw Failure(.usage, "there is no file `\(path)`")
        }
        func ask(_ option: String) async throws -> String {
            try await context.runner.output(
                of: Command("dpkg-deb", [option, path.string], environment: ["LC_ALL": "C"]),
                purpose: "read the package `\(path)`", kind: .usage,
                hint: "is it a complete .deb?")
        }
        let control = try ControlStanza.parse(try await ask("--field"), source: path.string)
        let ruby = "/bin/ruby"
        let prefixes = try await ask("--contents").split(whereSeparator: \.isNewline)
            .compactMap { line -> String? in
                guard let name = line.split(separator: " ").last, name.hasPrefix("./"),
                    name.hasSuffix(ruby)
                else { return nil }
                return String(name.dropFirst().dropLast(ruby.count))
            }
        let bytes = try Files.readBytes(path)
        return Deb(
            bytes: bytes,
            description: SmokeRequest.Deb(
                file: path.string, sha256: SHA256Digest(of: bytes),
                package: try control.required("Package", in: path.string),
                version: try control.required("Version", in: path.string),
                architecture: try control.required("Architecture", in: path.string),
                prefixes: prefixes))
    }
}

extension Optional {
    fileprivate func asyncMap<Value>(_ body: (Wrapped) async throws -> Value) async throws -> Value?
    {
        guard let self else { return nil }
        return try await body(self)
    }
}
