/// The project file `lapidary.yaml`: what a selection leaves out, and how packages are branded.
package struct Project: Sendable, Hashable {
    /// The project file's path.
    package static let path = "lapidary.yaml"

    /// Series or releases to build when none is named; nil when the file does not say.
    package let series: [String]?
    package let variants: [String]?
    package let suites: [String]?
    package let architectures: [Architecture]?
    /// The word that package names begin with.
    package let vendor: String
    /// `Name <mail>`, for the packages' control files.
    package let maintainer: String
    package let homepage: String?
    /// The folder of the published repository, relative to the project's root.
    package let repository: String

    /// What holds where the project has no file.
    package static let `default` = form.placeholder()

    static let form = Form.mapping("the project file") { keys in
        Project(
            series: keys.optional("series", names),
            variants: keys.optional("variants", names),
            suites: keys.optional("suites", names),
            architectures: keys.optional(
                "architectures", .list(of: .word(Architecture.amd64), unique: true)),
            vendor: keys.optional("vendor", .name) ?? "lapidary",
            maintainer: keys.optional("maintainer", .maintainer)
                ?? "Lapidary maintainers <lapidary@localhost>",
            homepage: keys.optional("homepage", .address),
            repository: keys.optional("repository", .path) ?? "repository")
    }

    private static let names = Form<[String]>.list(of: .name, unique: true)
}
