package import Recipe

/// What a package of a cell is called and where it is installed.
package struct PackageNames: Sendable, Hashable {
    /// What people follow by installing the package.
    package enum Scope: Sendable, Hashable {
        /// One release, for ever: `lapidary-ruby-3.3.8-trim`.
        case release
        /// The newest release of a series, in one place: `lapidary-ruby-3.3-trim`.
        case series
    }

    package let scope: Scope
    /// Whether it has the debug symbols of the package without `-dbgsym`.
    package let isDebug: Bool
    /// `lapidary-ruby-3.3.8-trim`, `lapidary-ruby-3.3-trim-dbgsym`.
    package let name: String
    /// `3.3.8-1+deb12`, the same for every package of the cell.
    package let version: String
    /// `/opt/rubies/ruby-3.3.8-trim`; of debug symbols: where the interpreter is that they explain.
    package let prefix: String
    /// The name without the vendor, as actions have it: `ruby-3.3-trim`.
    package let subject: String

    private init(cell: Cell, vendor: String, scope: Scope, isDebug: Bool) {
        let word =
            switch scope {
            case .release: "\(cell.release.version)"
            case .series: "\(cell.series.series)"
            }
        self.scope = scope
        self.isDebug = isDebug
        subject = "ruby-\(word)-\(cell.variant.name)"
        name = "\(vendor)-\(subject)\(isDebug ? "-dbgsym" : "")"
        version = "\(cell.release.version)-\(cell.release.revision)+\(cell.suite.versionSuffix)"
        prefix = "/opt/rubies/\(subject)"
    }

    /// The package of a cell's release.
    package static func exact(_ cell: Cell, vendor: String) -> PackageNames {
        PackageNames(cell: cell, vendor: vendor, scope: .release, isDebug: false)
    }

    /// The packages that people install of a cell.
    ///
    /// They are the release's, and the series' where the cell stands for it; each has a companion
    /// with debug symbols.
    package static func installable(_ cell: Cell, vendor: String) -> [PackageNames] {
        let scopes: [Scope] = cell.standsForSeries ? [.release, .series] : [.release]
        return scopes.map {
            PackageNames(cell: cell, vendor: vendor, scope: $0, isDebug: false)
        }
    }

    /// The companion with debug symbols.
    package func debugSymbols(of cell: Cell, vendor: String) -> PackageNames {
        PackageNames(cell: cell, vendor: vendor, scope: scope, isDebug: true)
    }
}
