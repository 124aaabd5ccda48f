package import Digest
import Recipe

extension ProjectLock {
    static let title = "lapidary-lock"
    static let remark =
        "# The exact inputs of every build, made by `lapidary pin update`; not to be edited."

    /// The file's text: one entry a line, and a digest of all lines at the end.
    package var text: String {
        let body = lines.map { "\($0)\n" }.joined()
        return body + "checksum \(SHA256Digest(of: body))\n"
    }

    /// Digest of the whole file, by which others can name this lock.
    package var digest: SHA256Digest { SHA256Digest(of: text) }

    private var lines: [String] {
        ["\(Self.title) \(Self.format)", Self.remark] + releases.map(\.line)
            + patches.map { "patches \($0.series) \($0.folder) sha256=\($0.sha256)" }
            + recipes.map { "recipe \($0.path) sha256=\($0.sha256)" }
            + platforms.flatMap(\.lines)
    }
}

extension LockedRelease {
    fileprivate var line: String {
        "release \(version) revision=\(revision) epoch=\(epoch) recipe=\(recipe) \(sourceText)"
    }

    private var sourceText: String {
        switch source {
        case .upstream(let source):
            let urls = source.urls.map { "url=\($0)" }.joined(separator: " ")
            return "source=upstream sha256=\(source.sha256) size=\(source.size) \(urls)"
        case .debian(let source):
            return "source=debian sha256=\(source.sha256) size=\(source.size) file=\(source.file)"
                + " package=\(source.package) version=\(source.version) suite=\(source.suite)"
        }
    }
}

extension LockedPlatform {
    fileprivate var lines: [String] {
        var lines = [
            "platform \(name) recipe=\(set.request) keyring=\(keyring)"
                + " keyring-sha256=\(keyringDigest)"
        ]
        lines += set.members.map { line($0, $0.isBase ? "bare" : "build") }
        for addition in set.additions {
            lines.append("addition \(name) \(addition.name) recipe=\(addition.request)")
            lines += addition.members.map { line($0, addition.name) }
        }
        return lines
    }

    private func line(_ member: PackageSet.Member, _ group: String) -> String {
        "package \(name) \(group) \(member.package) \(member.version) \(member.architecture)"
            + " \(member.poolPath ?? "") sha256=\(member.sha256) size=\(member.size)"
    }
}
