/// Package URLs, <https://github.com/package-url/purl-spec>: one name for a package everywhere.
package enum PackageURL {
    /// `pkg:deb/debian/libc6@2.36-9+deb12u10?arch=amd64`, with `+` written as `%2B`.
    ///
    /// - Parameters:
    ///   - vendor: who packages it: `debian`, or the word of our own packages.
    ///   - name: the package.
    ///   - version: with its epoch.
    ///   - architecture: Debian's word for it.
    /// - Returns: the address.
    package static func deb(
        vendor: String, name: String, version: String, architecture: String
    ) -> String {
        "pkg:deb/\(escaped(vendor))/\(escaped(name))@\(escaped(version))?arch=\(escaped(architecture))"
    }

    package static func gem(name: String, version: String) -> String {
        "pkg:gem/\(escaped(name))@\(escaped(version))"
    }

    package static func ruby(_ release: String) -> String {
        "pkg:generic/ruby@\(escaped(release))"
    }

    /// Percent-encodes all but the characters that the specification leaves as they are.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || ".-_~:".utf8.contains(byte)
            if isPlain { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return digits.count == 1 ? "%0\(digits)" : "%\(digits)"
        }.joined()
    }
}
