package import Digest
package import Recipe

/// How a package is tried.
package struct SmokeOperation: Sendable, Hashable, Codable {
    /// One check.
    package struct Check: Sendable, Hashable, Codable {
        /// How it is made.
        package enum Method: Sendable, Hashable, Codable {
            /// A Ruby script run by the installed Ruby, by its name among the inputs.
            case script(String)
            /// What happens to the package under apt.
            case life(PackageEvent)
        }

        package let name: String
        package let reason: String
        package let method: Method
        /// Debian packages that are installed before it is made, and stay.
        package let tools: [String]

        package init(name: String, reason: String, method: Method, tools: [String]) {
            self.name = name
            self.reason = reason
            self.method = method
            self.tools = tools
        }
    }

    /// The input with the .deb of the debug symbols.
    package static let debugSymbols = "dbgsym"

    /// What the result stands for; only after a whole trial may a package be said to have passed.
    package enum Scope: String, Sendable, Hashable, Codable {
        /// Every check, on the package that the plan makes.
        case whole
        /// Some checks only.
        case part
        /// Another .deb than the one the plan makes.
        case foreign
    }

    package let vendor: String
    package let package: String
    package let version: String
    package let suite: String
    package let architecture: String
    package let prefix: String
    package let release: String
    package let variant: String
    package let mallocTrim: Bool
    /// The library that malloc comes from; nil for the C library.
    package let allocator: String?
    package var checks: [Check]
    package var scope = Scope.whole
    /// The Debian packages that the sandboxed apt can reach.
    package let pool: [SHA256Digest]

    package init(
        vendor: String, package: String, version: String, suite: String, architecture: String,
        prefix: String, release: String, variant: String, mallocTrim: Bool, allocator: String?,
        checks: [Check], pool: [SHA256Digest]
    ) {
        self.vendor = vendor
        self.package = package
        self.version = version
        self.suite = suite
        self.architecture = architecture
        self.prefix = prefix
        self.release = release
        self.variant = variant
        self.mallocTrim = mallocTrim
        self.allocator = allocator
        self.checks = checks
        self.pool = pool
    }
}
