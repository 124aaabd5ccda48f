import Foundation
import HostSystem
import SystemPackage
import Testing

/// What the README says is what is there.
@Suite struct ReadmeTests {
    private let root = FilePath(
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path)

    @Test func everyPackageThatSetupInstallsIsListedWithItsReason() throws {
        let readme = try Files.readText(root.appending("README.md"))
        let packages = try Files.readText(root.appending("scripts/packages.txt"))
            .split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
        #expect(packages.count >= 10)
        for line in packages {
            let words = line.split(separator: " ", maxSplits: 1)
            let reason = words[1].trimmingCharacters(in: .whitespaces)
            #expect(readme.contains("| \(words[0]) | \(reason) |\n"))
        }
    }

    @Test func everyCommandIsShown() async throws {
        let readme = try Files.readText(root.appending("README.md"))
        try await CLIFixture.with { fixture in
            let help = try await fixture.run("--help").standardOutput
            for verb in [
                "build", "smoke", "publish", "pin", "plan", "list", "show", "logs", "shell",
                "verify", "measure", "compare", "history", "heapmap", "report",
                "lint",
                "doctor", "cache",
            ] {
                #expect(help.contains("\n  \(verb)"))
                #expect(readme.contains("\nlapidary \(verb) "))
            }
        }
    }
}
