import Diagnostics

/// A suite's Release file: what the signature covers, and through digests the whole suite.
package struct ReleaseFile: Sendable, Hashable {
    /// A file of the suite, with what a client checks of it.
    package struct Listed: Sendable, Hashable {
        /// Below the suite's folder, such as `main/binary-amd64/Packages.xz`.
        package let path: String
        /// Bytes.
        package let size: Int64
        /// 64 lowercase hexadecimal digits.
        package let sha256: String

        package init(path: String, size: Int64, sha256: String) {
            self.path = path
            self.size = size
            self.sha256 = sha256
        }
    }

    /// Who publishes; one word, so that apt pins can name it.
    package let origin: String
    package let label: String
    package let suite: String
    package let codename: String
    /// When it was published; clients reject a date that lies in their future.
    package let date: UTCDate
    /// When clients stop believing it; nil for a repository that nobody signs anew by itself.
    package let validUntil: UTCDate?
    package let architectures: [String]
    package let components: [String]
    package let description: String
    package let files: [Listed]

    package init(
        origin: String, label: String, suite: String, codename: String, date: UTCDate,
        validUntil: UTCDate?, architectures: [String], components: [String], description: String,
        files: [Listed]
    ) {
        self.origin = origin
        self.label = label
        self.suite = suite
        self.codename = codename
        self.date = date
        self.validUntil = validUntil
        self.architectures = architectures
        self.components = components
        self.description = description
        self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// Reads the text of a Release file (the signed text itself, without its signature).
    ///
    /// - Throws: `Failure` of kind `failed` when a field is missing or malformed.
    package init(parsing text: String, source: String) throws {
        let stanza = try ControlStanza.parse(text, source: source)
        let words = { (name: String) in
            try stanza.required(name, in: source).split(whereSeparator: \.isWhitespace)
                .map(String.init)
        }
        self.init(
            origin: stanza["Origin"] ?? "", label: stanza["Label"] ?? "",
            suite: try stanza.required("Suite", in: source),
            codename: try stanza.required("Codename", in: source),
            date: try UTCDate(rfc2822: stanza.required("Date", in: source)),
            validUntil: try stanza["Valid-Until"].map { try UTCDate(rfc2822: $0) },
            architectures: try words("Architectures"), components: try words("Components"),
            description: stanza["Description"] ?? "",
            files: try Self.listed(in: stanza["SHA256"] ?? "", source: source))
    }

    private static func listed(in value: String, source: String) throws -> [Listed] {
        try value.split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            guard words.count == 3, let size = Int64(words[1]) else {
                throw Failure(.failed, "`\(source)`: not a digest, size and path: `\(line)`")
            }
            return Listed(path: String(words[2]), size: size, sha256: String(words[0]))
        }
    }

    /// The file's text, its fields in dpkg's order.
    ///
    /// - Throws: `Failure` of kind `failed` when a value does not fit in a field.
    package func text() throws -> String {
        let width = files.map { String($0.size).count }.max() ?? 0
        let lines = files.map { file in
            let size = String(file.size)
            let padding = String(repeating: " ", count: width - size.count)
            return "\(file.sha256) \(padding)\(size) \(file.path)"
        }
        var fields: [(String, String)] = [
            ("Origin", origin), ("Label", label), ("Suite", suite), ("Codename", codename),
            ("Date", date.rfc2822),
        ]
        if let validUntil { fields.append(("Valid-Until", validUntil.rfc2822)) }
        fields += [
            ("Acquire-By-Hash", "yes"), ("Architectures", architectures.joined(separator: " ")),
            ("Components", components.joined(separator: " ")), ("Description", description),
            ("SHA256", ([""] + lines).joined(separator: "\n")),
        ]
        return try ControlStanza(fields.map { try ControlField($0.0, $0.1) }).text
    }
}
