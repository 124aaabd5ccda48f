import Diagnostics
package import HostSystem

/// Where Debian packages come from; never written down in a recipe.
package struct Mirror: Sendable, Hashable {
    /// Base address of the main archive (the folder that holds `dists/`).
    package let archive: String
    /// Base address of the security archive.
    package let security: String

    package init(archive: String, security: String) {
        self.archive = archive
        self.security = security
    }

    /// The mirror a person chose; the security archive stands beside it, as on Debian's mirrors.
    package init(option archive: String, security: String?) {
        let base = archive.hasSuffix("/") ? String(archive.dropLast()) : archive
        self.init(archive: base, security: security ?? "\(base)-security")
    }

    /// The mirror this machine's own apt uses for its own release.
    ///
    /// - Throws: `Failure` of kind `environment` when the machine is no Debian, or has no such
    ///   source.
    package static func ofHost(_ host: Machine, runner: any CommandRunner) async throws -> Mirror {
        let hint = "name a Debian mirror with --mirror URL or LAPIDARY_MIRROR"
        guard host.distribution == "debian", let codename = host.codename else {
            throw Failure(
                .environment,
                "no Debian mirror is known here: this machine runs"
                    + " `\(host.distribution ?? "an unknown system")`, not Debian", hint: hint)
        }
        let listing = try await runner.output(
            of: Command(
                "apt-get",
                [
                    "indextargets", "--format", "$(SITE)|$(RELEASE)|$(COMPONENT)",
                    "Created-By: Packages",
                ]), purpose: "read the apt configuration of this machine")
        return try choose(from: listing, codename: codename, hint: hint)
    }

    static func choose(from listing: String, codename: String, hint: String) throws -> Mirror {
        let targets = listing.split(whereSeparator: \.isNewline)
            .map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
            .filter { $0.count == 3 && $0[2] == "main" }
        guard let archive = targets.first(where: { $0[1] == codename })?[0] else {
            throw Failure(
                .environment,
                "no Debian mirror is known here: the apt configuration of this machine has no"
                    + " source for `\(codename)` main", hint: hint)
        }
        let security = targets.first { $0[1] == "\(codename)-security" }?[0]
        return Mirror(option: archive, security: security)
    }
}
