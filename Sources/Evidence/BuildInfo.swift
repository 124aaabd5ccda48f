package import Debian
import Diagnostics
import Digest
package import Lock
import Planning

/// The `.buildinfo` of one .deb, deb-buildinfo(5), Format 1.0.
///
/// `Build-Date` is the release's date (SOURCE_DATE_EPOCH), not the time of the build, so that the
/// same inputs give the same bytes; when a build ran is in the home's logs.
package struct BuildInfo: Sendable {
    /// The fixed folder of every build inside the sandbox.
    private static let buildPath = "/build/ruby"

    let deb: DebDescription
    /// Who vouches: the vendor's word.
    let origin: String
    let date: UTCDate
    /// Everything that was installed in the build root, and the allocator's packages beside it.
    let installed: [PackageSet.Member]
    let environment: [String: String]

    package init(
        deb: DebDescription, origin: String, date: UTCDate, installed: [PackageSet.Member],
        environment: [String: String]
    ) {
        self.deb = deb
        self.origin = origin
        self.date = date
        self.installed = installed
        self.environment = environment
    }

    /// The file's text.
    ///
    /// - Throws: `Failure` of kind `failed` when the .deb lacks a field, or a value does not fit.
    package func text() throws -> String {
        let control = deb.control
        let name = try control.required("Package", in: deb.fileName)
        let architecture = try control.required("Architecture", in: deb.fileName)
        func measured(_ digest: String) -> String { "\n\(digest) \(deb.size) \(deb.fileName)" }
        let fields = [
            ("Format", "1.0"), ("Source", control["Source"] ?? name), ("Binary", name),
            ("Architecture", architecture),
            ("Version", try control.required("Version", in: deb.fileName)),
            ("Checksums-Md5", measured(deb.md5)), ("Checksums-Sha1", measured(deb.sha1)),
            ("Checksums-Sha256", measured(deb.sha256.hex)),
            ("Build-Origin", origin), ("Build-Architecture", architecture),
            ("Build-Date", date.rfc2822), ("Build-Path", Self.buildPath),
            ("Installed-Build-Depends", installedText), ("Environment", environmentText),
        ]
        return try ControlStanza(fields.map { try ControlField($0.0, $0.1) }).text
    }

    private var installedText: String {
        let native = deb.control["Architecture"] ?? ""
        let lines = installed.map { member in
            let foreign = member.architecture != native && member.architecture != "all"
            let name = foreign ? "\(member.package):\(member.architecture)" : member.package
            return "\(name) (= \(member.version))"
        }
        return "\n"
            + Set(lines).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .joined(separator: ",\n")
    }

    private var environmentText: String {
        environment.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { name, value in
                let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                return "\n\(name)=\"\(escaped)\""
            }.joined()
    }
}
