import Foundation
import HostSystem
import SystemPackage
import Testing

/// The real program on the real recipes: one home for all tests, in which Ruby is compiled once.
actor Laboratory {
    static let shared = Laboratory()

    /// What the tests need of the machine; CI must have it, elsewhere they are skipped without it.
    static var isPossible: Bool {
        ProcessInfo.processInfo.environment["CI"] != nil || geteuid() == 0
    }

    static let selection = "3.3@plain,trim:bookworm"

    /// The package's root: this file lies in Tests/AcceptanceTests.
    static let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent()
    static let build = root.appending(".build")
    static let home = build.appending("acceptance-home")
    static let repository = build.appending("acceptance-repository")

    /// The program that was built beside this test bundle.
    static var program: FilePath {
        let argument = CommandLine.arguments.first { $0.hasSuffix(".xctest") }
        let bundle = argument.map { FilePath($0) } ?? build.appending("debug/any")
        return bundle.removingLastComponent().appending("lapidary")
    }

    private var pinning: Task<FilePath, any Error>?
    private var publication: Task<CommandResult, any Error>?

    /// A copy of the project with a lock of today.
    ///
    /// The project's own lock names packages that the mirror drops some day; whether it fits the
    /// recipes is tested elsewhere.
    func project() async throws -> FilePath {
        if let pinning { return try await pinning.value }
        let task = Task {
            let folder = Self.build.appending("acceptance-project")
            try Files.remove(folder)
            try Files.createDirectory(folder)
            try Self.copyRecipes(to: folder)
            let pinned = try await Self.run(
                ["pin", "update", "3.3@plain,trim,jemalloc,tcmalloc:bookworm"], project: folder)
            try #require(pinned.succeeded, "\(pinned.standardError)")
            return folder
        }
        pinning = task
        return try await task.value
    }

    /// The main job, run by whichever test asks first.
    func published() async throws -> CommandResult {
        if let publication { return try await publication.value }
        let task = Task {
            try Files.remove(Self.repository)
            return try await Self.run(
                ["publish", Self.selection, "--repository", Self.repository.string, "--json"])
        }
        publication = task
        return try await task.value
    }

    /// Runs the program on a project, by default the pinned copy.
    static func run(
        _ arguments: [String], project: FilePath? = nil, home: FilePath = home,
        environment: [String: String] = [:]
    ) async throws -> CommandResult {
        let place = if let project { project } else { try await shared.project() }
        return try await SubprocessRunner().capture(
            Command(
                program.string, arguments,
                environment: ["LAPIDARY_HOME": home.string].merging(environment) { $1 },
                workingDirectory: place))
    }

    private static func copyRecipes(to folder: FilePath) throws {
        for name in ["Recipes", "Patches"] {
            try FileManager.default.copyItem(
                atPath: root.appending(name).string, toPath: folder.appending(name).string)
        }
    }

    /// Runs `body` on a copy of the project without a lock, which it may change.
    static func withProject<Value>(_ body: (FilePath) async throws -> Value) async throws -> Value {
        try await withFolder { folder in
            try copyRecipes(to: folder)
            return try await body(folder)
        }
    }

    static func withFolder<Value>(_ body: (FilePath) async throws -> Value) async throws -> Value {
        try await TemporaryDirectory.with(in: build, name: "acceptance", body)
    }

    /// Changes a text file; the old text must be there.
    static func replace(_ old: String, with new: String, in file: FilePath) throws {
        let text = try Files.readText(file)
        try #require(text.contains(old))
        try Files.write(text.replacing(old, with: new), to: file)
    }

    /// Whatever a run that has ended may not leave: temporary files, mounts and processes.
    static func leftovers(in home: FilePath) throws -> [String] {
        let temporary = home.appending("tmp")
        var found = Files.exists(temporary) ? try Files.names(in: temporary) : []
        found += try Files.readText("/proc/self/mounts").split(whereSeparator: \.isNewline)
            .filter { $0.contains(home.string) }.map(String.init)
        for process in try Files.names(in: "/proc") where Int(process) != nil {
            let words = (try? Files.readText(FilePath("/proc/\(process)/cmdline"))) ?? ""
            if words.contains(home.string) {
                found.append("\(process): \(words.replacing("\0", with: " "))")
            }
        }
        return found
    }
}

/// Tests on real Ruby sources: one after the other, since they share one home.
@Suite(.serialized, .enabled(if: Laboratory.isPossible, "needs root, as building does"))
enum Acceptance {}
