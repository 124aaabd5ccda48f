import ArgumentParser
import Diagnostics
import Foundation
import HostSystem
import Store
import SystemPackage
import Terminal
import Workflow

/// Options that every command takes; each also has its environment variable.
struct GlobalOptions: ParsableArguments {
    @Option(
        name: [.customShort("C"), .long],
        help: ArgumentHelp("Use the project in this folder or above it.", valueName: "dir"))
    var directory: String?

    @Option(
        help: ArgumentHelp(
            "Keep everything made in this folder [environment: LAPIDARY_HOME].", valueName: "dir"))
    var home: String?

    @Flag(name: .shortAndLong, help: "Print results and failures only.")
    var quiet = false

    @Option(help: "When to use colour: auto, always or never [environment: NO_COLOR].")
    var color: Console.ColourChoice = .auto

    func console() -> Console {
        Console(
            colour: color, isQuiet: quiet, environment: ProcessInfo.processInfo.environment)
    }

    /// The project's root.
    func project() throws -> FilePath {
        try ProjectLoader.findRoot(from: Self.absolute(directory ?? "."))
    }

    /// The home: option, then LAPIDARY_HOME, then the user's data folder (XDG base directories).
    func resolvedHome() throws -> Home {
        let environment = ProcessInfo.processInfo.environment
        func value(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        if let chosen = home ?? value("LAPIDARY_HOME") { return try Self.home(at: chosen) }
        if let data = value("XDG_DATA_HOME") { return try Self.home(at: "\(data)/lapidary") }
        guard let user = value("HOME") else {
            throw Failure(
                .usage, "no place for Lapidary's home: HOME is not set",
                hint: "name a folder with --home or LAPIDARY_HOME")
        }
        return try Self.home(at: "\(user)/.local/share/lapidary")
    }

    private static func home(at path: String) throws -> Home {
        let absolute = absolute(path)
        guard !absolute.string.contains(where: { $0.isWhitespace || "[]\"".contains($0) }) else {
            throw Failure(
                .usage,
                "the home `\(absolute)` has a character in its path that apt's lists of"
                    + " sources cannot name",
                hint: "choose a folder without spaces, quotes and brackets with LAPIDARY_HOME")
        }
        return Home(absolute)
    }

    static func absolute(_ path: String) -> FilePath {
        let current = FilePath(FileManager.default.currentDirectoryPath)
        return current.pushing(FilePath(path)).lexicallyNormalized()
    }
}

extension Console.ColourChoice: ExpressibleByArgument {}

/// Whether a selection may mean releases that nobody has verified.
struct UnverifiedOption: ParsableArguments {
    @Flag(help: "Let a selection mean releases whose packages have not passed every check.")
    var allowUnverified = false
}

/// Options of the commands that do work in the home.
struct WorkOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Run this many jobs at once, actions and the compilers in them taken together;"
                + " default: one for each processor.",
            valueName: "count"))
    var jobs: Int?

    @Option(
        help: ArgumentHelp(
            "Append what happens to this file, one JSON object a line.", valueName: "file"))
    var events: String?

    @Option(
        help: ArgumentHelp(
            "Take Debian packages from this mirror instead of the machine's own"
                + " [environment: LAPIDARY_MIRROR].", valueName: "url"))
    var mirror: String?

    @Option(
        help: ArgumentHelp(
            "Take security updates from here; default: the mirror's address with -security"
                + " [environment: LAPIDARY_SECURITY_MIRROR].", valueName: "url"))
    var securityMirror: String?

    @Flag(help: "Look up the newest Debian packages for the roots instead of the known ones.")
    var refresh = false

    @Flag(help: "Fail with exit code 3 instead of waiting when another lapidary uses the home.")
    var noWait = false

    @OptionGroup var unverified: UnverifiedOption

    @Flag(help: "Allow upstream sources over plain http and from files (digests still count).")
    var allowInsecureSources = false

    mutating func validate() throws {
        if let jobs, jobs < 1 { throw ValidationError("--jobs takes a count of 1 or more") }
    }
}

/// How far a build may go from the lock, and from this machine.
struct LockOptions: ParsableArguments {
    @Flag(help: "Take everything from lapidary.lock as it is, and fail with exit code 4 otherwise.")
    var locked = false

    @Flag(help: "Download nothing: what is needed must be in the home's store.")
    var offline = false
}
