import Diagnostics
package import HostSystem
package import Recipe

/// What selections mean on a machine.
package enum CellSelection {
    /// The cells of selections; none means what the project file or the defaults say.
    ///
    /// - Throws: `Failure` of kind `usage` for unknown words, `environment` for an architecture
    ///   that Lapidary does not know.
    package static func cells(
        of selections: [Selection], in catalog: Catalog, host: Machine,
        allowsUnverified: Bool
    ) throws -> [Cell] {
        guard let architecture = Architecture(rawValue: host.architecture) else {
            throw Failure(
                .environment, "this machine's architecture is not one Lapidary builds for",
                hint: "use an amd64 or arm64 machine")
        }
        let suite = host.distribution == "debian" ? host.codename : nil
        return try catalog.cells(
            for: selections, project: catalog.project,
            host: HostPlatform(suite: suite, architecture: architecture),
            allowsUnverified: allowsUnverified)
    }
}
