import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

/// A throw-away copy of this project, and the program that was built with the tests.
struct CLIFixture {
    let folder: FilePath

    var project: FilePath { folder.appending("project") }
    var home: FilePath { folder.appending("home") }

    static func with(_ body: (CLIFixture) async throws -> Void) async throws {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        try await Scratch.with { folder in
            let fixture = CLIFixture(folder: folder)
            try Files.createDirectory(fixture.project)
            for name in ["Recipes", "Patches"] {
                try FileManager.default.copyItem(
                    atPath: root.appending(path: name).path,
                    toPath: fixture.project.appending(name).string)
            }
            try await body(fixture)
        }
    }

    /// The program with an environment of its own: nothing of this process's reaches it.
    func command(
        _ arguments: [String], environment: [String: String] = [:], in place: FilePath? = nil
    ) throws -> Command {
        let own = [
            "PATH": Programs.searchPath, "HOME": folder.string, "LAPIDARY_HOME": home.string,
            // Nothing here may reach for the network.
            "LAPIDARY_MIRROR": "http://127.0.0.1:9/debian",
        ]
        let variables = own.merging(environment) { $1 }.filter { !$0.value.isEmpty }
        return Command(
            "env",
            ["-i"] + variables.map { "\($0)=\($1)" }.sorted() + [try Programs.lapidary().string]
                + arguments,
            workingDirectory: place ?? project)
    }

    func run(
        _ arguments: String..., environment: [String: String] = [:], in place: FilePath? = nil
    ) async throws -> CommandResult {
        try await SubprocessRunner().capture(
            try command(arguments, environment: environment, in: place))
    }

    /// Replaces a text that occurs in a file of the project.
    func edit(_ path: String, _ old: String, _ new: String) throws {
        let file = project.pushing(FilePath(path))
        let text = try Files.readText(file)
        try #require(text.contains(old))
        try Files.write(text.replacing(old, with: new), to: file)
    }
}

extension CommandResult {
    /// The object that was printed as JSON.
    func json() throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(standardOutput.utf8))
        return try #require(value as? [String: Any])
    }
}
