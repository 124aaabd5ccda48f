/// A package that a root gets, with the reason that people read.
package struct PackageRequest: Sendable, Hashable {
    package let name: String
    package let reason: String
}

/// A suite: a distribution release that packages are built on and for.
package struct Suite: Sendable, Hashable {
    /// One archive of the distribution that a root is made from.
    package struct Archive: Sendable, Hashable {
        /// The name under `dists/`.
        package let suite: String
        /// Whether it stands on the distribution's security mirror.
        package let security: Bool

        static let form = Form.mapping("an archive") { keys in
            Archive(
                suite: keys.required("suite", .name),
                security: keys.optional("security", .boolean) ?? false)
        }
    }

    /// Compiler and linker flags, each one word.
    package struct Flags: Sendable, Hashable {
        package let cflags: [String]
        package let cppflags: [String]
        package let ldflags: [String]

        static let form = Form.mapping("flags") { keys in
            Flags(
                cflags: keys.optional("cflags", .list(of: .line, canBeEmpty: true)) ?? [],
                cppflags: keys.optional("cppflags", .list(of: .line, canBeEmpty: true)) ?? [],
                ldflags: keys.optional("ldflags", .list(of: .line, canBeEmpty: true)) ?? [])
        }
    }

    package let name: String
    /// The distribution's name, such as `debian`.
    package let distribution: String
    /// What our package versions end with, such as `deb12`.
    package let versionSuffix: String
    /// The distribution's own version number, such as `12`.
    package let baseSuiteVersion: String
    package let architectures: [Architecture]
    package let components: [String]
    package let archives: [Archive]
    /// The file name of the keyring that signs the archives.
    package let keyring: String
    /// What the root for compiling has, in the order of the recipe.
    package let buildPackages: [PackageRequest]
    /// What a package's root has besides what the package depends on, in the recipe's order.
    package let runtimePackages: [PackageRequest]
    /// What smoke checks use besides what is tested, in the recipe's order; may be empty.
    package let smokePackages: [PackageRequest]
    /// What a varied rebuild shows to its sandboxes, in the recipe's order; may be empty.
    package let verifyPackages: [PackageRequest]
    package let flags: Flags
    /// Arguments of `configure` that this suite adds to the series'.
    package let configure: [String]

    static let form = Form.mapping("a suite") { keys in
        Suite(
            name: keys.required("name", .name),
            distribution: keys.required("distribution", .name),
            versionSuffix: keys.required("version-suffix", .name),
            baseSuiteVersion: keys.required("base-suite-version", .name),
            architectures: keys.required(
                "architectures", .list(of: .word(Architecture.amd64), unique: true)),
            components: keys.required("components", .list(of: .name, unique: true)),
            archives: keys.required("archives", .list(of: Archive.form, unique: true)),
            keyring: keys.required("keyring", .fileName),
            buildPackages: keys.required("build-packages", packages),
            runtimePackages: keys.required("runtime-packages", packages),
            smokePackages: keys.optional("smoke-packages", packages) ?? [],
            verifyPackages: keys.optional("verify-packages", packages) ?? [],
            flags: keys.required("flags", Flags.form),
            configure: keys.optional("configure", .list(of: .line, canBeEmpty: true)) ?? [])
    }

    private static let packages = Form<[(key: String, value: String)]>
        .entries(key: .name, of: .line)
        .map { $0.map { PackageRequest(name: $0.key, reason: $0.value) } }
}
