package import Debian
import Diagnostics

/// A binary package as plain values: all that its control texts are made of.
package struct BinaryPackage: Sendable, Hashable {
    /// The word that brands every package of one publisher, such as `lapidary`.
    package let vendor: String
    /// Such as `lapidary-ruby-3.3.8-trim`.
    package let name: PackageName
    package let version: DebianVersion
    /// Debian's word for it, such as `amd64`; `all` for none in particular.
    package let architecture: String
    /// `Name <mail address>`.
    package let maintainer: String
    package let homepage: String
    /// The folder all its files lie in, such as `/opt/rubies/ruby-3.3.8-trim`.
    package let prefix: InstallPrefix
    /// The one-line synopsis, without a full stop.
    package let summary: String
    /// Paragraphs separated by blank lines; lines that begin with a space are kept as they are.
    package let longDescription: String
    /// Relations as dpkg-shlibdeps(1) gave them, such as `libc6 (>= 2.36)`.
    package let depends: [String]
    /// Where package managers sort it in, such as `ruby`.
    package let section: String
    package let recommends: [String]
    package let provides: [String]
    /// KiB by the rule of `InstalledSize`.
    package let installedSizeKiB: Int64
    /// The date of the release it packages; never the time of the build.
    package let date: UTCDate

    package init(
        vendor: String, name: PackageName, version: DebianVersion, architecture: String,
        maintainer: String, homepage: String, prefix: InstallPrefix, summary: String,
        longDescription: String, depends: [String], section: String = "ruby",
        recommends: [String], provides: [String], installedSizeKiB: Int64, date: UTCDate
    ) {
        self.vendor = vendor
        self.name = name
        self.version = version
        self.architecture = architecture
        self.maintainer = maintainer
        self.homepage = homepage
        self.prefix = prefix
        self.summary = summary
        self.longDescription = longDescription
        self.depends = depends
        self.section = section
        self.recommends = recommends
        self.provides = provides
        self.installedSizeKiB = installedSizeKiB
        self.date = date
    }

    /// The file's name by convention: `<package>_<version without epoch>_<architecture>.deb`.
    package var fileName: String { "\(name)_\(version.withoutEpoch)_\(architecture).deb" }
}

/// An installation prefix that a maintainer script run by root may safely remove.
package struct InstallPrefix: Sendable, Hashable, CustomStringConvertible {
    package let path: String

    /// Checks a prefix: absolute, at least three folders deep, and without `.` or `..`.
    ///
    /// Three folders, so that neither the prefix nor the folder above it can be one that the
    /// system owns, such as `/opt` or `/usr`.
    ///
    /// - Throws: `Failure` of kind `usage` for a path that is not so.
    package init(_ path: String) throws {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let allowed = { (byte: UInt8) in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "._+-".utf8.contains(byte)
        }
        guard parts.count >= 4, parts[0].isEmpty,
            parts.dropFirst().allSatisfy({ part in
                !part.isEmpty && part != "." && part != ".." && part.utf8.allSatisfy(allowed)
            })
        else {
            throw Failure(
                .usage, "cannot install under `\(path)`",
                hint: "use an absolute path at least three folders deep, such as "
                    + "`/opt/rubies/ruby-3.3.8`, made of letters, digits and `. _ + -`")
        }
        self.path = path
    }

    package var description: String { path }

    /// The folder above, such as `/opt/rubies`.
    package var parent: String {
        path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
    }
}
