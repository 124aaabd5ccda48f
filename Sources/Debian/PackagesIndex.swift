import Diagnostics

/// One binary package in an index: its control fields and where its file lies.
package struct PackageEntry: Sendable, Hashable {
    package let name: PackageName
    package let version: DebianVersion
    package let architecture: String
    /// The file's path below the repository's root.
    package let filename: String
    /// Bytes.
    package let size: Int64
    /// 64 lowercase hexadecimal digits.
    package let sha256: String
    package let stanza: ControlStanza

    /// Reads an entry from a stanza of an index.
    ///
    /// - Throws: `Failure` of kind `failed` when a field is missing or malformed.
    package init(stanza: ControlStanza, source: String) throws {
        name = try PackageName(stanza.required("Package", in: source))
        version = try DebianVersion(stanza.required("Version", in: source))
        architecture = try stanza.required("Architecture", in: source)
        filename = try stanza.required("Filename", in: source)
        let size = try stanza.required("Size", in: source)
        guard let bytes = Int64(size), bytes >= 0 else {
            throw Failure(.failed, "`\(source)`: the size of \(name) is no number: `\(size)`")
        }
        self.size = bytes
        sha256 = try stanza.required("SHA256", in: source)
        self.stanza = stanza
    }

    /// Makes the entry of a .deb from its control fields and what was measured of its file.
    ///
    /// Whatever the package itself says about its file is dropped: only what was measured counts.
    ///
    /// - Throws: `Failure` of kind `failed` when the control fields are incomplete or malformed.
    package init(
        control: ControlStanza, filename: String, size: Int64, md5: String, sha256: String
    ) throws {
        let measured = ["Filename", "Size", "MD5sum", "SHA1", "SHA256", "SHA512"]
        let own = control.fields.filter { !measured.contains(where: $0.isNamed) }
        // Description stands last, as in the archives of Debian, for it has many lines.
        let isLast = { (field: ControlField) in field.isNamed("Description") }
        let file = try [
            ControlField("Filename", filename), ControlField("Size", String(size)),
            ControlField("MD5sum", md5), ControlField("SHA256", sha256),
        ]
        let fields = own.filter { !isLast($0) } + file + own.filter(isLast)
        try self.init(stanza: ControlStanza(fields), source: filename)
    }

    /// What makes two packages the same to apt, whatever their bytes.
    package struct Identity: Sendable, Hashable {
        package let name: PackageName
        package let version: DebianVersion
        package let architecture: String
    }

    package var identity: Identity {
        Identity(name: name, version: version, architecture: architecture)
    }
}

/// A Packages file: every version of every package that one folder of a suite offers.
package struct PackagesIndex: Sendable, Hashable {
    /// By name, then version from old to new, then architecture.
    package let entries: [PackageEntry]

    package init(_ entries: [PackageEntry]) {
        self.entries = entries.sorted { left, right in
            if left.name != right.name { return left.name < right.name }
            if left.version != right.version { return left.version < right.version }
            return left.architecture.utf8.lexicographicallyPrecedes(right.architecture.utf8)
        }
    }

    /// Reads a Packages file.
    ///
    /// - Throws: `Failure` of kind `failed` when it is malformed.
    package init(parsing text: String, source: String) throws {
        self.init(
            try ControlStanza.parseAll(text, source: source).map {
                try PackageEntry(stanza: $0, source: source)
            })
    }

    /// The file's text; the same entries give the same bytes in whatever order they came.
    package var text: String { entries.map { $0.stanza.text + "\n" }.joined() }
}
