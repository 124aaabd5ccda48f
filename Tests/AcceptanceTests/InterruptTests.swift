import Foundation
import HostSystem
import SystemPackage
import Testing

extension Acceptance {
    /// Ctrl-C in every phase: no process, no mount and no temporary folder survives.
    @Suite struct Interrupts {
        /// Starts the program, waits until it says something, then sends SIGINT.
        private func interrupt(
            _ arguments: [String], project: FilePath? = nil, home: FilePath,
            after word: String, plus delay: Duration
        ) async throws -> (code: Int32, said: String) {
            let place = if let project { project } else { try await Laboratory.shared.project() }
            let process = Process()
            process.executableURL = URL(filePath: Laboratory.program.string)
            process.arguments = arguments
            process.currentDirectoryURL = URL(filePath: place.string)
            process.environment = ProcessInfo.processInfo.environment.merging([
                "LAPIDARY_HOME": home.string
            ]) { $1 }
            let log = home.removingLastComponent().appending("\(UUID().uuidString).log")
            try Files.write("", to: log)
            let file = try FileHandle(forWritingTo: URL(filePath: log.string))
            process.standardError = file
            process.standardOutput = file
            try process.run()
            let deadline = ContinuousClock.now + .seconds(240)
            while process.isRunning, ContinuousClock.now < deadline {
                if try Files.readText(log).contains(word) { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            try await Task.sleep(for: delay)
            process.interrupt()
            while process.isRunning, ContinuousClock.now < deadline + .seconds(60) {
                try await Task.sleep(for: .milliseconds(50))
            }
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
            defer { try? Files.remove(log) }
            return (process.terminationStatus, try Files.readText(log))
        }

        private func expectCleanStop(
            _ result: (code: Int32, said: String), in home: FilePath,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            #expect(result.code == 130, "\(result.said)", sourceLocation: sourceLocation)
            #expect(
                result.said.contains("error: stopped by Ctrl-C"), "\(result.said)",
                sourceLocation: sourceLocation)
            #expect(
                try Laboratory.leftovers(in: home) == [], sourceLocation: sourceLocation)
        }

        @Test(
            "while packages are looked up and downloaded",
            arguments: [
                ("reading the package lists", Duration.milliseconds(300)),
                ("downloading the packages", Duration.milliseconds(800)),
            ])
        func downloading(word: String, delay: Duration) async throws {
            try await Laboratory.withProject { project in
                try await Laboratory.withFolder { folder in
                    let home = folder.appending("home")
                    let result = try await interrupt(
                        ["build", Laboratory.selection], project: project, home: home, after: word,
                        plus: delay)
                    try expectCleanStop(result, in: home)
                }
            }
        }

        @Test("while a root is assembled, at several moments", arguments: [1, 6, 11])
        func assembling(seconds: Int) async throws {
            _ = try await Laboratory.shared.published()
            try await Laboratory.withFolder { folder in
                // A home that has every package and no root yet.
                let home = folder.appending("home")
                try Files.createDirectory(home)
                for name in ["blobs", "package-sets"] {
                    try FileManager.default.copyItem(
                        atPath: Laboratory.home.appending(name).string,
                        toPath: home.appending(name).string)
                }
                let result = try await interrupt(
                    ["build", Laboratory.selection], home: home, after: "Assembling",
                    plus: .seconds(seconds))
                try expectCleanStop(result, in: home)
            }
        }

        @Test("while Ruby is compiled", arguments: [2, 12])
        func compiling(seconds: Int) async throws {
            _ = try await Laboratory.shared.published()
            try await Laboratory.withProject { project in
                // Another argument makes another compile, in the same home.
                try Laboratory.replace(
                    "  - --disable-install-doc",
                    with: "  - --disable-install-doc\n  - --disable-dtrace",
                    in: project.appending("Recipes/ruby/3.3.yaml"))
                let result = try await interrupt(
                    ["build", Laboratory.selection], project: project, home: Laboratory.home,
                    after: "Compiling", plus: .seconds(seconds))
                try expectCleanStop(result, in: Laboratory.home)
            }
        }

        @Test("while a package is made again, in a folder of another order", arguments: [3, 9])
        func verifying(seconds: Int) async throws {
            _ = try await Laboratory.shared.published()
            let result = try await interrupt(
                ["verify", "--after-compile", "3.3@plain:bookworm"], home: Laboratory.home,
                after: "Rebuilding", plus: .seconds(seconds))
            try expectCleanStop(result, in: Laboratory.home)
        }

        @Test("while a package is tried", arguments: [1, 5])
        func smoking(seconds: Int) async throws {
            _ = try await Laboratory.shared.published()
            let result = try await interrupt(
                ["smoke", Laboratory.selection, "--again"], home: Laboratory.home,
                after: "Testing", plus: .seconds(seconds))
            try expectCleanStop(result, in: Laboratory.home)
        }
    }
}
