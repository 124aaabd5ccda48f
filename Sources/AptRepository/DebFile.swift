import Debian
import Diagnostics
import Digest
import HostSystem
import SystemPackage

/// A .deb that is to be published: its control fields and what was measured of its bytes.
struct DebFile: Sendable {
    let path: FilePath
    let digests: FileDigests
    let entry: PackageEntry

    /// The file as it lies in the pool.
    var pooled: PoolFile {
        PoolFile(
            source: path, place: entry.filename, digests: digests,
            title: "\(entry.name) \(entry.version) \(entry.architecture)")
    }

    /// A file that lies beside the package in the pool, under its own name.
    func beside(_ file: FilePath) throws -> PoolFile {
        let name = file.lastComponent?.string ?? ""
        let folder = entry.filename.split(separator: "/").dropLast()
        return PoolFile(
            source: file, place: (folder + [Substring(name)]).joined(separator: "/"),
            digests: try FileDigests(of: file), title: "the evidence `\(name)`")
    }

    /// Reads a .deb without unpacking it.
    ///
    /// - Throws: `Failure` when it cannot be read or its control fields are malformed.
    static func read(
        _ path: FilePath, component: String, runner: any CommandRunner
    ) async throws -> DebFile {
        let digests = try FileDigests(of: path)
        let text = try await runner.output(
            of: Command(
                "dpkg-deb", ["--field", path.absolute.string], environment: ["LC_ALL": "C"]),
            purpose: "read the control data of `\(path)`", kind: .failed,
            hint: "is it a complete .deb?")
        let control = try ControlStanza.parse(text, source: path.string)
        let name = try PackageName(control.required("Package", in: path.string))
        let version = try DebianVersion(control.required("Version", in: path.string))
        let architecture = try control.required("Architecture", in: path.string)
        let entry = try PackageEntry(
            control: control,
            filename: poolPath(
                name: name, version: version, architecture: architecture, component: component),
            size: digests.size, md5: try FileDigests.md5(of: path), sha256: digests.sha256.hex)
        return DebFile(path: path, digests: digests, entry: entry)
    }

    /// Where a package lies below the root; `lib…` packages are spread by a fourth letter, as
    /// Debian does.
    private static func poolPath(
        name: PackageName, version: DebianVersion, architecture: String, component: String
    ) -> String {
        let prefix = name.text.hasPrefix("lib") ? name.text.prefix(4) : name.text.prefix(1)
        return "pool/\(component)/\(prefix)/\(name)/"
            + "\(name)_\(version.withoutEpoch)_\(architecture).deb"
    }
}
