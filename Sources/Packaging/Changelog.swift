import Debian
import Diagnostics

extension BinaryPackage {
    /// A changelog of one entry, deb-changelog(5), dated with the package's own date.
    ///
    /// - Parameters:
    ///   - distribution: the suite it is built for, such as `bookworm`.
    ///   - changes: what a reader has to know; each becomes one wrapped bullet.
    /// - Returns: the file's text.
    /// - Throws: `Failure` of kind `failed` without a change, or when a word would break a line.
    package func changelog(distribution: String, changes: [String]) throws -> String {
        guard !changes.isEmpty else {
            throw Failure(.failed, "the changelog of \(name) has no entry")
        }
        guard !distribution.contains(where: { $0.isWhitespace || $0 == ";" }),
            !maintainer.contains(where: \.isNewline)
        else {
            throw Failure(.failed, "the changelog of \(name) has a malformed heading")
        }
        let bullets = changes.map { change in
            let line = change.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            return "  * "
                + TextFolding.wrapped(line, width: 75).split(separator: "\n")
                .joined(separator: "\n    ")
        }
        return """
            \(name) (\(version)) \(distribution); urgency=medium

            \(bullets.joined(separator: "\n"))

             -- \(maintainer)  \(date.rfc2822)

            """
    }
}
