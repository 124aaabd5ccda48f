package import Digest

/// Upstream's source archive of a release.
package struct UpstreamSource: Sendable, Hashable {
    /// Mirrors of the very same bytes, in the order in which they are tried.
    package let urls: [String]
    package let sha256: SHA256Digest
    /// Bytes.
    package let size: Int64

    package init(urls: [String], sha256: SHA256Digest, size: Int64) {
        self.urls = urls
        self.sha256 = sha256
        self.size = size
    }

    static let form = Form.mapping("an upstream source") { keys in
        UpstreamSource(
            urls: keys.required("urls", .list(of: .address, unique: true)),
            sha256: keys.required("sha256", .sha256),
            size: keys.required("size", .size))
    }
}

/// The same release's archive as Debian's source package carries it.
package struct DebianSource: Sendable, Hashable {
    /// The distribution release whose `deb-src` index lists it.
    package let suite: String
    /// The source package's name.
    package let package: String
    /// The source package's version.
    package let version: String
    /// The file of the source package that holds upstream's tree.
    package let file: String
    package let sha256: SHA256Digest
    /// Bytes.
    package let size: Int64

    package init(
        suite: String, package: String, version: String, file: String, sha256: SHA256Digest,
        size: Int64
    ) {
        self.suite = suite
        self.package = package
        self.version = version
        self.file = file
        self.sha256 = sha256
        self.size = size
    }

    static let form = Form.mapping("a Debian source") { keys in
        DebianSource(
            suite: keys.required("suite", .name),
            package: keys.required("package", .name),
            version: keys.required("version", .debianVersion),
            file: keys.required("file", .fileName),
            sha256: keys.required("sha256", .sha256),
            size: keys.required("size", .size))
    }
}

/// The archive that a release is built from.
package enum RubySource: Sendable, Hashable {
    case upstream(UpstreamSource)
    case debian(DebianSource)

    /// Where an archive comes from; the words of `build-from`.
    package enum Origin: String, Sendable, Hashable, CaseIterable {
        case upstream
        case debian
    }

    package var origin: Origin {
        switch self {
        case .upstream: .upstream
        case .debian: .debian
        }
    }

    package var sha256: SHA256Digest {
        switch self {
        case .upstream(let source): source.sha256
        case .debian(let source): source.sha256
        }
    }

    /// Bytes.
    package var size: Int64 {
        switch self {
        case .upstream(let source): source.size
        case .debian(let source): source.size
        }
    }

    /// The archive's file name; its ending says how it is packed.
    package var fileName: String {
        switch self {
        case .upstream(let source): String(source.urls.first?.split(separator: "/").last ?? "")
        case .debian(let source): source.file
        }
    }
}
