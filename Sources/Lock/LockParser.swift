import Diagnostics
import Digest
import Recipe

extension ProjectLock {
    /// Reads a lock, and accepts only what Lapidary writes.
    ///
    /// - Parameters:
    ///   - text: the file's text.
    ///   - file: the file's name, for messages.
    /// - Returns: the lock; its packages have no control fields yet.
    /// - Throws: `Failure` of kind `integrity` for another format, for a line that is none of a
    ///   lock, with its place, and for text that does not fit its checksum.
    package static func parse(_ text: String, file: String = path) throws -> ProjectLock {
        // Bytes, not characters: Swift takes CR LF for a single character.
        let lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        try checkFormat(lines[0], file)
        var parser = LockParser(file: file)
        for (index, line) in lines.enumerated().dropFirst() {
            try parser.take(line, number: index + 1, isLast: index == lines.count - 1)
        }
        let lock = try parser.finish()
        try check(text, lines, against: lock, file)
        return lock
    }

    private static func checkFormat(_ line: String, _ file: String) throws {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, words[0] == title, let number = Pattern.number(words[1]) else {
            throw LockParser.failure(file, 1, "it does not begin with `\(title) \(format)`")
        }
        guard number == format else {
            throw Failure(
                .integrity,
                "`\(file)` has the lock format \(number), and this Lapidary reads \(format)",
                hint: number > format
                    ? "upgrade Lapidary to the version that wrote it"
                    : LockParser.hint)
        }
    }

    /// The text has to be the very one that would be written, checksum included.
    private static func check(
        _ text: String, _ lines: [String], against lock: ProjectLock, _ file: String
    ) throws {
        let wanted = lock.text
        if text == wanted { return }
        let own = wanted.utf8.split(separator: 10, omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        let index = zip(lines, own).enumerated().first { $1.0 != $1.1 }?.offset ?? own.count - 1
        guard index == own.count - 2 else {
            throw LockParser.failure(
                file, index + 1, "the line is not as, or not where, Lapidary writes it")
        }
        throw Failure(
            .integrity, "`\(file)` was edited: its lines do not fit its checksum",
            details: ["written: \(lines[index])", "found:   \(own[index])"],
            hint: LockParser.hint)
    }
}

/// Takes the lines of a lock one by one.
struct LockParser {
    static let hint =
        "restore it from the project's history; to make it anew, remove it and run"
        + " `lapidary pin update SELECTION --against REPO`, which keeps published revisions apart"

    static func failure(_ file: String, _ line: Int, _ problem: String) -> Failure {
        Failure(.integrity, "\(file):\(line): \(problem)", hint: hint)
    }

    /// A platform while its packages are read.
    private struct Draft {
        let suite: String
        let architecture: String
        let recipe: SHA256Digest
        let keyring: String
        let keyringDigest: SHA256Digest
        var members: [PackageSet.Member] = []
        var additions: [(name: String, recipe: SHA256Digest, members: [PackageSet.Member])] = []
    }

    private let file: String
    private var releases: [LockedRelease] = []
    private var patches: [LockedPatches] = []
    private var recipes: [LockedRecipe] = []
    private var drafts: [(name: String, draft: Draft)] = []
    /// What has an entry already.
    private var seen: Set<[String]> = []
    private var hasChecksum = false
    private var count = 1

    init(file: String) {
        self.file = file
    }

    mutating func take(_ text: String, number: Int, isLast: Bool) throws {
        count = number
        // A file of lines ends with an empty one.
        if isLast, text.isEmpty { return }
        if number == 2, text == ProjectLock.remark { return }
        var line = LockLine(text, file: file, number: number)
        guard !hasChecksum else { throw line.failure("there is text after the checksum") }
        let keyword = line.word() ?? ""
        switch keyword {
        case "release": releases.append(try release(&line))
        case "patches":
            patches.append(
                LockedPatches(
                    series: try line.next("a series", RubySeriesNumber.init),
                    folder: try line.path(), sha256: try line.digest("sha256")))
        case "recipe":
            recipes.append(
                LockedRecipe(path: try line.path(), sha256: try line.digest("sha256")))
        case "platform": try takePlatform(&line)
        case "addition": try takeAddition(&line)
        case "package": try takePackage(&line)
        case "checksum":
            _ = try line.next("a digest", SHA256Digest.init(hex:))
            hasChecksum = true
        default: throw line.failure("no entry of a lock begins with `\(keyword)`")
        }
        try line.end()
        guard seen.insert(line.identity(of: keyword)).inserted else {
            throw line.failure("this entry stands twice")
        }
    }

    func finish() throws -> ProjectLock {
        guard hasChecksum else {
            throw Self.failure(file, count, "the lock ends before its checksum: it was cut off")
        }
        let platforms = drafts.map { _, draft in
            let set = PackageSet(
                suite: draft.suite, architecture: draft.architecture, request: draft.recipe,
                members: draft.members)
            return LockedPlatform(
                keyring: draft.keyring, keyringDigest: draft.keyringDigest,
                set: set.adding(
                    draft.additions.map {
                        PackageAddition(name: $0.name, request: $0.recipe, members: $0.members)
                    }))
        }
        return ProjectLock(
            releases: releases, patches: patches, recipes: recipes, platforms: platforms)
    }

    private func release(_ line: inout LockLine) throws -> LockedRelease {
        let version = try line.next("a release", RubyVersion.init)
        let revision = try line.value("revision", "a number from 1") {
            Pattern.number($0).flatMap { $0 > 0 ? $0 : nil }
        }
        let epoch = try line.size("epoch")
        let recipe = try line.digest("recipe")
        let origin = try line.value("source", "a source", RubySource.Origin.init(rawValue:))
        let sha256 = try line.digest("sha256")
        let size = try line.size("size")
        let source: RubySource
        switch origin {
        case .upstream:
            var urls: [String] = []
            repeat {
                urls.append(try line.value("url", "an address") { Self.address($0) })
            } while line.hasMore
            source = .upstream(UpstreamSource(urls: urls, sha256: sha256, size: size))
        case .debian:
            let file = try line.name("file")
            let package = try line.name("package")
            let version = try line.value("version", "a version") {
                Pattern.isDebianVersion($0) ? $0 : nil
            }
            source = .debian(
                DebianSource(
                    suite: try line.name("suite"), package: package, version: version, file: file,
                    sha256: sha256, size: size))
        }
        return LockedRelease(
            version: version, revision: revision, epoch: epoch, recipe: recipe, source: source)
    }

    private static func address(_ text: String) -> String? {
        Pattern.isSecureAddress(text) ? text : nil
    }

    private mutating func takePlatform(_ line: inout LockLine) throws {
        let name = try line.next("a platform") { $0.isEmpty ? nil : $0 }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, Pattern.isName(parts[0]),
            Architecture(rawValue: parts[1]) != nil
        else { throw line.failure("`\(name)` is no suite with an architecture") }
        drafts.append(
            (
                name,
                Draft(
                    suite: parts[0], architecture: parts[1], recipe: try line.digest("recipe"),
                    keyring: try line.name("keyring"),
                    keyringDigest: try line.digest("keyring-sha256"))
            ))
    }

    private mutating func takeAddition(_ line: inout LockLine) throws {
        let index = try platform(&line)
        let name = try line.next("a name") { Pattern.isName($0) ? $0 : nil }
        drafts[index].draft.additions.append((name, try line.digest("recipe"), []))
    }

    private mutating func takePackage(_ line: inout LockLine) throws {
        let index = try platform(&line)
        let group = try line.next("a group") { Pattern.isName($0) ? $0 : nil }
        let package = try line.next("a package") { Pattern.isFileName($0) ? $0 : nil }
        let version = try line.next("a version") { Pattern.isDebianVersion($0) ? $0 : nil }
        let architecture = try line.next("an architecture") {
            $0 == "all" || Architecture(rawValue: $0) != nil ? $0 : nil
        }
        let path = try line.path()
        let member = PackageSet.Member(
            package: package, version: version, architecture: architecture,
            sha256: try line.digest("sha256"), size: try line.size("size"),
            isBase: group == "bare", poolPath: path, stanza: "")
        if group == "bare" || group == "build" {
            drafts[index].draft.members.append(member)
        } else if let place = drafts[index].draft.additions.firstIndex(where: { $0.name == group })
        {
            drafts[index].draft.additions[place].members.append(member)
        } else {
            throw line.failure("there is no addition `\(group)` before it")
        }
    }

    private func platform(_ line: inout LockLine) throws -> Int {
        let name = try line.next("a platform") { $0.isEmpty ? nil : $0 }
        guard let index = drafts.firstIndex(where: { $0.name == name }) else {
            throw line.failure("there is no platform `\(name)` before it")
        }
        return index
    }
}
