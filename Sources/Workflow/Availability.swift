import Digest
import HostSystem
import Lock
import Provisioning
import Recipe
import Store
import SystemPackage

/// Whether pinned inputs can still be had: from the store, or from where they came.
struct Availability: Sendable {
    let context: Context

    /// A pinned file.
    struct Input: Sendable, Hashable {
        /// Where a file comes from.
        enum Origin: Sendable, Hashable {
            case upstream([String])
            case debianSource(file: String, package: String)
            case package(PackageSet.Member)
        }

        let name: String
        let sha256: SHA256Digest
        let origin: Origin

        init(source: RubySource) {
            name = source.fileName
            sha256 = source.sha256
            switch source {
            case .upstream(let source): origin = .upstream(source.urls)
            case .debian(let source):
                origin = .debianSource(file: source.file, package: source.package)
            }
        }

        init(member: PackageSet.Member) {
            name = member.fileName
            sha256 = member.sha256
            origin = .package(member)
        }

        func addresses(_ mirror: Mirror) -> [String] {
            switch origin {
            case .upstream(let addresses): addresses
            case .debianSource(let file, let package):
                SourceFetcher.poolAddresses(of: file, package: package, mirror: mirror)
            case .package(let member): LockedPackages.addresses(of: member, mirror: mirror)
            }
        }
    }

    /// What is known of an input that the store does not have.
    struct Finding: Sendable, Hashable {
        let input: Input
        let isAvailable: Bool
        /// Why nobody knows; nil when every server says that it has no such file.
        let doubt: String?
    }

    /// Asks for inputs that the store does not have.
    ///
    /// - Returns: one finding for each, in their order.
    func check(_ inputs: [Input]) async throws -> [Finding] {
        let missing = inputs.filter { !context.store.contains($0.sha256) }
        guard !missing.isEmpty else { return [] }
        let mirror = try await context.findMirror()
        let addresses = Set(missing.flatMap { $0.addresses(mirror) }).sorted()
        // Only whether a file is there is asked here, so plain http does no harm.
        let probe = WebProbe(runner: context.runner, protocols: .any)
        let answers = try await TemporaryDirectory.with(in: context.home.temporary, name: "ask") {
            try await probe.ask(addresses, in: $0)
        }
        return missing.map { input in
            let own = input.addresses(mirror).compactMap { answers[$0] }
            let doubts = own.compactMap { answer -> String? in
                if case .unknown(let reason) = answer { return reason }
                return nil
            }
            let isAvailable = own.contains {
                if case .present = $0 { return true }
                return false
            }
            return Finding(input: input, isAvailable: isAvailable, doubt: doubts.first)
        }
    }
}
