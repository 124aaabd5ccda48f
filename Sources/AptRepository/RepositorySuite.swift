import Debian
import Diagnostics

/// A suite of a repository, such as bookworm: what belongs in it and how it presents itself.
package struct RepositorySuite: Sendable, Hashable {
    /// Such as `bookworm`; its codename, too.
    package let name: String
    /// Such as `main`.
    package let component: String
    /// Who publishes, for apt pins (`release o=…`).
    package let origin: String
    package let label: String
    package let description: String
    /// Such as `amd64`; never `all`, whose packages every architecture's index lists.
    package let architectures: [String]
    /// What the revision of a package for this suite ends with, such as `deb12`; nil for any.
    package let versionSuffix: String?

    /// Checks the words that become folder names.
    ///
    /// - Throws: `Failure` of kind `usage` for a word that is none.
    package init(
        name: String, component: String, origin: String, label: String, description: String,
        architectures: [String], versionSuffix: String?
    ) throws {
        for word in [name, component] + architectures where !Self.isWord(word) {
            throw Failure(
                .usage, "not a suite, component or architecture: `\(word)`",
                hint: "use lower-case letters, digits, `-`, `.` and `+`")
        }
        guard !architectures.isEmpty, !architectures.contains("all") else {
            throw Failure(
                .usage, "the suite `\(name)` needs real architectures",
                hint: "packages for `all` are offered to each of them")
        }
        self.name = name
        self.component = component
        self.origin = origin
        self.label = label
        self.description = description
        self.architectures = architectures
        self.versionSuffix = versionSuffix
    }

    /// Begins with a letter or digit, so that no word can be `..` or an option.
    private static func isWord(_ text: String) -> Bool {
        let isPlain = { (byte: UInt8) in (48...57).contains(byte) || (97...122).contains(byte) }
        guard let first = text.utf8.first, isPlain(first) else { return false }
        return text.utf8.allSatisfy { isPlain($0) || "-.+".utf8.contains($0) }
    }

    /// Refuses a package that was not built for this suite.
    ///
    /// A name without the vendor's word is refused as well: a repository must not be able to
    /// replace a package of the system by an oversight.
    ///
    /// - Throws: `Failure` of kind `usage` that names the package and what is wrong.
    func check(_ entry: PackageEntry, vendor: String, file: String) throws {
        func misfit(_ why: String, _ hint: String) -> Failure {
            Failure(.usage, "`\(file)` does not belong in the suite `\(name)`: \(why)", hint: hint)
        }
        guard entry.name.text.hasPrefix("\(vendor)-") else {
            throw misfit(
                "its package is `\(entry.name)`", "names of this repository begin with `\(vendor)-`"
            )
        }
        guard entry.architecture == "all" || architectures.contains(entry.architecture) else {
            throw misfit(
                "it is for `\(entry.architecture)`",
                "the suite has: \(architectures.joined(separator: ", "))")
        }
        if let versionSuffix, entry.architecture != "all" {
            guard entry.version.revision?.hasSuffix("+\(versionSuffix)") == true else {
                throw misfit(
                    "its version is `\(entry.version)`",
                    "versions here end with `+\(versionSuffix)`")
            }
        }
    }
}
