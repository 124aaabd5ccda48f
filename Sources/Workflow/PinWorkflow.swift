import Debian
import Diagnostics
import Digest
import Execution
import Foundation
import HostSystem
package import Lock
import Provisioning
package import Recipe
import Store
import SystemPackage

/// What `pin update` is asked to do.
package struct PinRequest: Sendable, Hashable {
    /// What is moved on.
    package enum Part: Sendable, Hashable {
        case everything
        /// Releases only, with a look at upstream's list; packages stay where they fit.
        case releases
        /// Packages only; releases keep their sources.
        case packages
        /// What recipes say; all that still fits them stays as it is.
        case recipes
    }

    package let selections: [Selection]
    package let part: Part
    /// A published repository whose revisions count too: an address.
    package let repository: String?
    /// Where upstream's list of releases is.
    package let index: String

    package init(
        selections: [Selection], part: Part, repository: String?, index: String
    ) {
        self.selections = selections
        self.part = part
        self.repository = repository
        self.index = index
    }
}

/// What `pin update` did.
package struct PinReport: Sendable, Hashable {
    /// A release that upstream has and no recipe.
    package struct NewRelease: Sendable, Hashable {
        package let version: RubyVersion
        /// The lines for the recipe of its series.
        package let recipe: String
    }

    package let lock: ProjectLock
    /// Whether the project had no lock before.
    package let isFirst: Bool
    package let moves: [LockMove]
    package let appeared: [NewRelease]
    /// Releases of recipes that upstream lists no more.
    package let withdrawn: [RubyVersion]
}

/// Moves the lock of a project on: the job behind `pin update`.
package struct PinWorkflow: Sendable {
    private let context: Context

    package init(context: Context) {
        self.context = context
    }

    /// Resolves what is asked for anew and writes the lock.
    ///
    /// - Parameter request: what to move on; without selections, all that the lock has.
    /// - Returns: what moved.
    /// - Throws: `Failure` of what went wrong first; the lock is as it was then.
    package func update(_ request: PinRequest) async throws -> PinReport {
        let catalog = try ProjectLoader.catalog(of: context.project)
        // What cannot be done is said before anybody is waited for.
        _ = try selected(by: request, catalog: catalog, old: LockFile.read(of: context.project))
        return try await context.exclusively("lapidary pin update") {
            // Whoever was waited for may have written it.
            let old = try LockFile.read(of: context.project)
            let selected = try selected(by: request, catalog: catalog, old: old)
            let scope = old.map { selected.union(LockScope(of: $0, in: catalog)) } ?? selected
            let news = try await news(of: selected, old: old, request: request)
            let sources = try await sources(of: scope, old: old, part: request.part)
            var platforms: [LockedPlatform] = []
            for platform in scope.platforms {
                let isMoved =
                    [.everything, .packages].contains(request.part)
                    && selected.platforms.contains(platform)
                let kept =
                    isMoved ? nil : kept(platform, of: old, variants: scope.variants)
                if let kept {
                    platforms.append(kept)
                } else {
                    platforms.append(try await resolve(platform, variants: scope.variants))
                }
            }
            let published = try await publishedRevisions(
                request.repository, scope: scope, vendor: catalog.project.vendor)
            let lock = LockDraft(
                catalog: catalog, scope: scope, sources: sources, platforms: platforms
            ).lock(after: old, published: published)
            if lock != old { try LockFile.write(lock, of: context.project) }
            return PinReport(
                lock: lock, isFirst: old == nil, moves: lock.moves(from: old),
                appeared: news.appeared, withdrawn: news.withdrawn)
        }
    }

    private func selected(by request: PinRequest, catalog: Catalog, old: ProjectLock?) throws
        -> LockScope
    {
        if request.selections.isEmpty, let old {
            let scope = LockScope(of: old, in: catalog)
            if !scope.rubies.isEmpty, !scope.variants.isEmpty, !scope.platforms.isEmpty {
                return scope
            }
        }
        return LockScope(
            try CellSelection.cells(
                of: request.selections, in: catalog, host: context.host,
                allowsUnverified: context.allowsUnverified))
    }

    /// A platform as it was locked, if that is still what recipes ask for.
    private func kept(
        _ platform: LockScope.Platform, of old: ProjectLock?, variants: [Variant]
    ) -> LockedPlatform? {
        guard let locked = old?.platform(platform.name),
            let set = old?.packageSet(of: platform, variants: variants)
        else { return nil }
        return LockedPlatform(
            keyring: locked.keyring, keyringDigest: locked.keyringDigest, set: set)
    }

    private func resolve(_ platform: LockScope.Platform, variants: [Variant]) async throws
        -> LockedPlatform
    {
        let set = try await PackageSets(context: context).look(up: platform, variants: variants)
        let keyring = PrivateApt.path(ofKeyring: platform.suite.keyring)
        return LockedPlatform(
            keyring: platform.suite.keyring, keyringDigest: try FileDigests(of: keyring).sha256,
            set: set)
    }
}

extension PinWorkflow {
    private struct News {
        var appeared: [PinReport.NewRelease] = []
        var withdrawn: [RubyVersion] = []
    }

    /// What upstream's list says of the selected series.
    private func news(of scope: LockScope, old: ProjectLock?, request: PinRequest) async throws
        -> News
    {
        guard request.part == .releases else { return News() }
        let probe = WebProbe(
            runner: context.runner, protocols: context.allowsInsecureSources ? .any : .secure)
        context.events(.note("reading upstream's list of releases"))
        guard let text = try await probe.text(at: request.index, what: "the list of releases")
        else {
            throw Failure(
                .environment, "there is no list of releases at \(request.index)",
                hint: "name another address with --index")
        }
        let series = Set(scope.rubies.map(\.series)).sorted { $0.series < $1.series }
        let news = try ReleaseIndex(parsing: text, source: request.index)
            .news(of: series, lock: old)
        let answers = try await TemporaryDirectory.with(in: context.home.temporary, name: "pin") {
            try await probe.ask(news.appeared.map(\.url), in: $0)
        }
        let appeared = news.appeared.map { archive in
            var size: Int64?
            var date: String?
            if case .present(let found)? = answers[archive.url] {
                size = found.size
                date = (try? UTCDate(rfc2822: found.date)).map {
                    Date(timeIntervalSince1970: Double($0.seconds)).formatted(
                        .iso8601.year().month().day())
                }
            }
            return PinReport.NewRelease(
                version: archive.version, recipe: archive.recipeLines(size: size, date: date))
        }
        return News(appeared: appeared, withdrawn: news.withdrawn)
    }

    /// What each release is built from: the recipe's choice, unless only another source of the
    /// recipe can be had.
    private func sources(of scope: LockScope, old: ProjectLock?, part: PinRequest.Part)
        async throws -> [RubyVersion: RubySource]
    {
        var sources: [RubyVersion: RubySource] = [:]
        for release in scope.rubies.map(\.release) {
            let locked = old?.release(release.version)?.source
            if part == .packages || part == .recipes, let locked, release.sources.contains(locked) {
                sources[release.version] = locked
                continue
            }
            sources[release.version] = release.source
            guard release.sources.count > 1, try await isOutOfReach(release.source) else {
                continue
            }
            for other in release.sources where other != release.source {
                guard try await !isOutOfReach(other) else { continue }
                context.events(
                    .note(
                        "\(release.source.fileName) cannot be had: \(release.version) is pinned to"
                            + " \(other.fileName)"))
                sources[release.version] = other
            }
        }
        return sources
    }

    private func isOutOfReach(_ source: RubySource) async throws -> Bool {
        if context.store.contains(source.sha256) { return false }
        let checker = Availability(context: context)
        return try await checker.check([.init(source: source)]).first?.isAvailable != true
    }

    /// The highest revision of each release in a published repository.
    private func publishedRevisions(_ repository: String?, scope: LockScope, vendor: String)
        async throws -> [RubyVersion: Int]
    {
        guard let repository else { return [:] }
        let probe = WebProbe(runner: context.runner, protocols: .any)
        var revisions: [RubyVersion: Int] = [:]
        for platform in scope.platforms {
            let address =
                "\(repository)/dists/\(platform.suite.name)/main/binary-\(platform.architecture)"
                + "/Packages"
            guard let text = try await probe.text(at: address, what: "the repository's packages")
            else {
                context.events(.note("\(repository) has no packages of \(platform.name) yet"))
                continue
            }
            let entries = try PackagesIndex(parsing: text, source: address).entries
            for entry in entries where entry.name.text.hasPrefix("\(vendor)-ruby-") {
                guard let release = RubyVersion(entry.version.upstream),
                    let revision = entry.version.revision?.split(separator: "+").first
                        .flatMap({ Int($0) })
                else { continue }
                revisions[release] = max(revisions[release] ?? 0, revision)
            }
        }
        return revisions
    }
}
