import Foundation
import HostSystem
import SystemPackage
import Testing

/// What the README says is what is there.
@Suite struct ReadmeTests {
    private let root = FilePath(
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path)

    @Test(arguments: [("packages.txt", 10), ("test-packages.txt", 5)])
    func everyPackageThatSetupInstallsIsListedWithItsReason(list: String, count: Int) throws {
        let readme = try Files.readText(root.appending("README.md"))
        let packages = try Files.readText(root.appending("scripts").appending(list))
            .split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
        #expect(packages.count >= count)
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
