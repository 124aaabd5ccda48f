/// Something that may differ between two builds and must not reach a package.
///
/// They are those of reprotest(1), and the shell, stray toolchains and the network besides.
package enum Variation: String, Sendable, Hashable, CaseIterable, Codable {
    case environment
    case buildPath = "build-path"
    case kernel
    case aslr
    case cpus
    case time
    case userGroup = "user-group"
    case fileOrdering = "file-ordering"
    case domainHost = "domain-host"
    case home
    case locales
    case execPath = "exec-path"
    case timezone
    case umask
    case shell
    case toolchains
    case network

    /// What a rebuild with it has that the usual build has not, in a few words.
    package var change: String {
        switch self {
        case .environment: "unknown variables, and compilers' flags around lapidary"
        case .buildPath: "the home in another folder, of another length"
        case .kernel: "uname says Linux 2.6"
        case .aslr: "no randomized addresses"
        case .cpus: "one processor, and an odd number of jobs"
        case .time: "sandboxes live \(VariedWorld.days) days and some hours later"
        case .userGroup: "another user and group"
        case .fileOrdering: "folders that list their files in random order"
        case .domainHost: "another host name, with a domain"
        case .home: "another HOME"
        case .locales: "Estonian"
        case .execPath: "more folders in PATH"
        case .timezone: "14 hours east of Greenwich"
        case .umask: "files that the group may write"
        case .shell: "/bin/sh is bash"
        case .toolchains: "a stray Ruby and stray compilers in PATH"
        case .network: "no network"
        }
    }
}

/// What a person asked to vary.
package struct VariationChoice: Sendable, Hashable {
    /// In the order of `Variation.allCases`, each once.
    package let variations: [Variation]

    /// Everything.
    package static let all = VariationChoice(Variation.allCases)

    package init(_ variations: some Sequence<Variation>) {
        let wanted = Set(variations)
        self.variations = Variation.allCases.filter(wanted.contains)
    }
}
