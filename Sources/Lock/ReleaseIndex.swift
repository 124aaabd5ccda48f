import Diagnostics
package import Digest
package import Recipe

/// Upstream's list of its archives: a line each with name, address and digests, tabs between.
package struct ReleaseIndex: Sendable, Hashable {
    /// Where upstream publishes it.
    package static let address = "https://cache.ruby-lang.org/pub/ruby/index.txt"

    /// One archive of a release.
    package struct Archive: Sendable, Hashable {
        package let version: RubyVersion
        package let url: String
        package let sha256: SHA256Digest

        var fileName: String { String(url.split(separator: "/").last ?? "") }
    }

    /// In the order of the list; previews and other names are left out.
    package let archives: [Archive]

    /// Reads the list.
    ///
    /// - Parameters:
    ///   - text: the file's text.
    ///   - source: its address, for messages.
    /// - Throws: `Failure` of kind `environment` for text that is no such list.
    package init(parsing text: String, source: String) throws {
        var archives: [Archive] = []
        for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
                .map(String.init)
            guard columns[0].hasPrefix("ruby-"),
                let version = RubyVersion(String(columns[0].dropFirst(5)))
            else { continue }
            guard columns.count == 5 else {
                throw Failure(
                    .environment,
                    "`\(source)` is no list of releases: its line \(index + 1) has"
                        + " \(columns.count) columns instead of 5")
            }
            guard let sha256 = SHA256Digest(hex: columns[3]) else {
                throw Failure(
                    .environment,
                    "`\(source)` is no list of releases: its line \(index + 1) has no sha256")
            }
            archives.append(Archive(version: version, url: columns[1], sha256: sha256))
        }
        guard !archives.isEmpty else {
            throw Failure(.environment, "`\(source)` lists no release of Ruby")
        }
        self.archives = archives
    }

    /// What the list says that recipes do not know yet.
    package struct News: Sendable, Hashable {
        /// Releases newer than any of their series' recipe, ascending, each by its best archive.
        package let appeared: [Archive]
        /// Releases of recipes whose upstream archive is no longer listed.
        package let withdrawn: [RubyVersion]
    }

    /// Compares the list with what is known.
    ///
    /// - Parameters:
    ///   - series: the series to look at.
    ///   - lock: the lock, whose digests hold as well.
    /// - Returns: what is new.
    /// - Throws: `Failure` of kind `integrity` when the list has another digest for an archive that
    ///   a recipe or the lock knows.
    package func news(of series: [RubySeries], lock: ProjectLock?) throws -> News {
        var withdrawn: [RubyVersion] = []
        var changed: [String] = []
        for release in series.flatMap(\.releases) {
            var known = release.upstream.map { [("the recipe", $0)] } ?? []
            if case .upstream(let source)? = lock?.release(release.version)?.source {
                known.append(("the lock", source))
            }
            for (place, source) in known {
                let name = RubySource.upstream(source).fileName
                let listed = archives.first {
                    $0.version == release.version && $0.fileName == name
                }
                guard let listed else {
                    if !withdrawn.contains(release.version) { withdrawn.append(release.version) }
                    continue
                }
                if listed.sha256 != source.sha256 {
                    changed.append(
                        "\(name): \(place) has sha256 \(source.sha256), the list \(listed.sha256)")
                }
            }
        }
        guard changed.isEmpty else {
            throw Failure(
                .integrity,
                "upstream's list of releases has other digests for archives that were published",
                details: changed,
                hint: "nothing was changed; an archive never changes once it is published, so ask"
                    + " upstream before you trust either digest")
        }
        return News(appeared: series.flatMap(appeared), withdrawn: withdrawn)
    }

    private func appeared(in series: RubySeries) -> [Archive] {
        let newer = archives.filter {
            $0.version.series == series.series && $0.version > series.newest.version
                && Pattern.isSecureAddress($0.url)
        }
        let versions = Set(newer.map(\.version)).sorted()
        return versions.compactMap { version in
            let choices = newer.filter { $0.version == version }
            let endings = [".tar.xz", ".tar.gz"]
            return endings.compactMap { ending in
                choices.first { $0.url.hasSuffix(ending) }
            }.first
        }
    }
}

extension ReleaseIndex.Archive {
    /// The lines that make a recipe of it; people add them.
    ///
    /// - Parameters:
    ///   - size: bytes of the archive; nil when the server does not say.
    ///   - date: the day the server dates the archive with, as `yyyy-mm-dd`.
    /// - Returns: an entry of `releases`, with a word in capitals for what is not known.
    package func recipeLines(size: Int64?, date: String?) -> String {
        """
          - version: \(version)
            date: \(date ?? "YYYY-MM-DD")
            revision: 1
            verified: false
            build-from: upstream
            sources:
              upstream:
                urls:
                  - \(url)
                sha256: \(sha256)
                size: \(size.map(String.init) ?? "BYTES")

        """
    }
}
