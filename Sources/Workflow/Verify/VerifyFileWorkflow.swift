import AptRepository
import Diagnostics
import Digest
import Evidence
import Execution
import Foundation
import HostSystem
import Lock
import Planning
import Provisioning
import Recipe
import Store
package import SystemPackage

/// Makes a .deb again from the evidence that came with it, as a stranger would: without the recipes
/// and the lock of whoever built it.
package struct VerifyFileWorkflow: Sendable {
    private let context: Context

    package init(context: Context) {
        self.context = context
    }

    /// Verifies a .deb that was made anywhere.
    ///
    /// - Parameters:
    ///   - deb: the package.
    ///   - statement: its provenance; nil for the one beside it.
    ///   - keyring: the keys that may have signed the provenance; nil to leave the signature alone.
    ///   - options: how.
    /// - Returns: what was found.
    /// - Throws: `Failure` of kind `integrity` for a file or evidence that was changed,
    ///   `environment` when something that went in cannot be had.
    package func run(
        deb: FilePath, statement: FilePath?, keyring: FilePath?, _ options: VerifyOptions
    ) async throws -> Verdict {
        let evidence = try await EvidenceReader(runner: context.runner)
            .read(deb: deb, statement: statement, keyring: keyring)
        let request = evidence.request
        return try await context.exclusively("lapidary verify") {
            try await Preflight(context: context).require()
            let document = try await document(of: request)
            try await obtainSources(request)
            let outcomes = try await foundation(of: document, options.scope)
            let root = outcomes.values.compactMap { $0.result.outputs["root"]?.sha256 }.first
            // To be compared with.
            try context.store.insert(try Files.readBytes(deb))
            return try await context.withVariationKit(of: try await kitPackages(document), in: root)
            { kit in
                let rebuilder = Rebuilder(
                    document: document, outcomes: outcomes, kit: kit, tools: .current(context.host),
                    executable: options.executable, context: context)
                let goal = Verifier.Goal(
                    name: request.deb, action: request.goal, output: "deb",
                    expected: request.sha256)
                var verdict = try await Verifier(rebuilder: rebuilder, goals: [goal]).verify(
                    request.deb, options)
                verdict.notes = notes(evidence) + verdict.notes
                return verdict
            }
        }
    }

    private func notes(_ evidence: PackageEvidence) -> [String] {
        let request = evidence.request
        let lock = request.lockDigest.map { "lock \($0)" } ?? "no lock"
        return [
            "evidence: \(evidence.statement), \(evidence.signature)",
            "made of: \(request.sources.map(\.fileName).joined(separator: ", ")),"
                + " \(request.rootPackages.count) packages of the root,"
                + " \(request.files.count) patches and scripts, \(lock);"
                + " by Lapidary \(request.builderVersion)",
        ]
    }

    /// The plan, with every file that it needs in the store but the sources.
    private func document(of request: RebuildRequest) async throws -> PlanDocument {
        for file in request.files { try context.store.insert(file.bytes) }
        let packages = LockedPackages(store: context.store, runner: context.runner)
        let wanted = packages.missing(request.rootPackages + request.addedPackages)
        if !wanted.isEmpty {
            try forbidOffline(wanted.map(\.fileName))
            context.events(.note("downloading \(wanted.count) packages"))
            let mirror = try await context.findMirror()
            try await packages.download(wanted, of: request.deb, from: mirror)
        }
        let control = ControlData(store: context.store, runner: context.runner)
        var sets: [PackageSet] = []
        for set in request.plan.packageSets {
            sets.append(
                PackageSet(
                    suite: set.suite, architecture: set.architecture, request: set.request,
                    members: try await control.describe(set.members)))
        }
        return PlanDocument(try request.plan.plan(), packageSets: sets)
    }

    private func obtainSources(_ request: RebuildRequest) async throws {
        let fetcher = SourceFetcher(
            store: context.store, runner: context.runner,
            mirror: { try await context.findMirror() },
            protocols: context.allowsInsecureSources ? .any : .secure,
            architecture: context.host.architecture, isOffline: context.isOffline)
        for source in request.sources where !context.store.contains(source.sha256) {
            try forbidOffline([source.fileName])
            context.events(.note("downloading \(source.fileName)"))
            _ = try await fetcher.fetch(source) { _ in }
        }
    }

    private func forbidOffline(_ files: [String]) throws {
        guard context.isOffline else { return }
        throw Failure(
            .environment,
            "--offline forbids downloading, and the store lacks what the package"
                + " was made of", details: files, hint: "run it once without --offline")
    }

    /// Makes the roots of a plan in this home, which the kit is made in; and what is compiled, where
    /// the rebuild shall take that from here.
    private func foundation(of document: PlanDocument, _ scope: Rebuilder.Scope) async throws
        -> [ActionID: Executor.Outcome]
    {
        let plan = try document.plan()
        let wanted = plan.actions.filter { action in
            if case .root = action.operation { return true }
            return scope == .afterCompile && action.isBeforeDeriving
        }
        let order = RebuildOrder(
            document: document, variations: [], clock: .real, kit: context.home.temporary.string)
        return try await RebuildWorkflow(context: context).executor(of: order)
            .run(try plan.leading(to: Set(wanted.map(\.id))))
    }

    /// What the lock of a project here has for varied rebuilds of the suite, if there is one.
    private func kitPackages(_ document: PlanDocument) async throws -> [PackageSet.Member] {
        guard let suite = document.packageSets.first,
            let root = try? ProjectLoader.findRoot(from: context.project),
            let catalog = try? ProjectLoader.catalog(of: root),
            let recipe = catalog.suite(suite.suite),
            let architecture = Architecture(rawValue: suite.architecture),
            let lock = try? LockFile.read(of: root)
        else { return [] }
        let place = LockScope.Platform(suite: recipe, architecture: architecture)
        let members = lock.packageSet(of: place, variants: [])?.addition(PackageAddition.verify)
        let packages = LockedPackages(store: context.store, runner: context.runner)
        let missing = packages.missing(members ?? [])
        if !missing.isEmpty, !context.isOffline {
            try await packages.download(
                missing, of: suite.suite, from: try await context.findMirror())
        }
        return members ?? []
    }
}
