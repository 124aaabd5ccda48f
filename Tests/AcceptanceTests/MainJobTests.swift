import Digest
import Foundation
import HostSystem
import SystemPackage
import Testing

extension Acceptance {
    /// From the recipes to a repository that stock apt installs from.
    @Suite struct MainJob {
        struct Published: Decodable {
            struct Package: Decodable {
                let package: String
                let version: String
                let sha256: String
                let checksPassed: Int?

                var isDebug: Bool { package.hasSuffix("-dbgsym") }
            }

            let keyring: String
            let packages: [Package]
        }

        private func published() async throws -> Published {
            let result = try await Laboratory.shared.published()
            try #require(result.succeeded, "\(result.standardError)")
            return try JSONDecoder().decode(
                Published.self, from: Data(result.standardOutput.utf8))
        }

        private func deb(_ package: Published.Package) -> FilePath {
            Laboratory.repository.appending(
                "pool/main/l/\(package.package)/\(package.package)_\(package.version)_amd64.deb")
        }

        /// What the laboratory's selection stands for.
        private static let installable = ["plain", "trim"].flatMap {
            ["lapidary-ruby-3.3.8-\($0)", "lapidary-ruby-3.3-\($0)"]
        }

        @Test("build, smoke and publish make every package, and every check passes")
        func wholeJob() async throws {
            let published = try await published()
            let recipe = try Files.readText(Laboratory.root.appending("Recipes/smoke.yaml"))
            let lines = recipe.split(whereSeparator: \.isNewline)
            let checks = lines.count { $0.hasPrefix("  - name: ") }
            let slow = lines.count { $0 == "    release-only: true" }
            // Made of the variants that ask for them: here trim alone.
            let extra = lines.count { $0 == "    extra: true" }
            #expect(
                published.packages.map(\.package)
                    == Self.installable.flatMap { [$0, "\($0)-dbgsym"] })
            for package in published.packages {
                #expect(package.version == "3.3.8-1+deb12")
                let isSeries = package.package.contains("-ruby-3.3-")
                let isTrim = package.package.hasSuffix("-trim")
                let wanted = checks - (isSeries ? slow : 0) - (isTrim ? 0 : extra)
                #expect(package.checksPassed == (package.isDebug ? nil : wanted))
                #expect(try FileDigests(of: deb(package)).sha256.hex == package.sha256)
            }
        }

        @Test("a second run has nothing to do")
        func secondRun() async throws {
            _ = try await published()
            try await Laboratory.withFolder { folder in
                let events = folder.appending("events")
                let result = try await Laboratory.run(
                    ["smoke", Laboratory.selection, "--events", events.string])
                try expectNothingToDo(result, events: events)
            }
        }

        private struct Event: Decodable {
            let schema: Int
            let event: String
            let action: String?
            let count: Int?
        }

        private func expectNothingToDo(_ result: CommandResult, events: FilePath) throws {
            #expect(result.succeeded)
            let lines = try Files.readText(events).split(whereSeparator: \.isNewline).map {
                try JSONDecoder().decode(Event.self, from: Data($0.utf8))
            }
            let happened = lines.filter { $0.event != "note" }
            #expect(happened.first?.event == "planned")
            #expect(happened.first?.count == 26)
            #expect(happened.dropFirst().allSatisfy { $0.event == "fresh" && $0.schema == 1 })
            #expect(Set(lines.compactMap(\.action)).count == 26)
            // Two roots, source, compile, two variants; of four: package, symbols, smoke, and the
            // evidence of both.
            #expect(result.standardError.contains("Nothing to do: all 26 actions are fresh"))
        }

        @Test("stock apt verifies the repository and gets the very bytes")
        func stockApt() async throws {
            let published = try await published()
            try await Laboratory.withFolder { folder in
                for name in ["lists/partial", "archives/partial", "downloads"] {
                    try Files.createDirectory(folder.appending(name))
                }
                try Files.write("", to: folder.appending("status"))
                let keyring = Laboratory.repository.appending(published.keyring)
                try Files.write(
                    "deb [signed-by=\(keyring)] file:\(Laboratory.repository) bookworm main\n",
                    to: folder.appending("sources.list"))
                let options = [
                    "Dir::Etc::Parts=/dev/null", "Dir::Etc::SourceParts=/dev/null",
                    "Dir::Etc::SourceList=\(folder)/sources.list", "Dir::State=\(folder)",
                    "Dir::State::status=\(folder)/status", "Dir::Cache=\(folder)",
                    "APT::Sandbox::User=root",
                ].flatMap { ["-o", $0] }
                for arguments in [["update"], ["download"] + published.packages.map(\.package)] {
                    let result = try await SubprocessRunner().capture(
                        Command(
                            "apt-get", options + arguments,
                            workingDirectory: folder.appending("downloads")))
                    #expect(result.succeeded, "\(result.standardError)")
                }
                let names = try Files.names(in: folder.appending("downloads"))
                let digests = try names.map {
                    try FileDigests(of: folder.appending("downloads").appending($0)).sha256.hex
                }
                #expect(Set(digests) == Set(published.packages.map(\.sha256)))
            }
        }

        @Test("the control fields say what apt and people need")
        func controlFields() async throws {
            for package in try await published().packages {
                let text = try await SubprocessRunner().output(
                    of: Command("dpkg-deb", ["--field", deb(package).string]),
                    purpose: "read the control file")
                #expect(text.contains("Version: 3.3.8-1+deb12\n"))
                if package.isDebug {
                    let name = package.package.dropLast("-dbgsym".count)
                    #expect(text.contains("Depends: \(name) (= 3.3.8-1+deb12)\n"))
                    #expect(text.contains("Section: debug\n"))
                    continue
                }
                #expect(text.contains("Section: ruby\n"))
                #expect(text.contains("Recommends: ca-certificates\n"))
                for library in ["libc6 (>=", "libssl3", "libyaml-0-2", "libffi8", "libgmp10"] {
                    #expect(text.contains(library), "\(package.package) lacks \(library)")
                }
            }
        }

        @Test(
            "everything in a package belongs to root, lies under its prefix, and carries one date")
        func contents() async throws {
            for package in try await published().packages {
                let listing = try await SubprocessRunner().output(
                    of: Command(
                        "dpkg-deb", ["--contents", deb(package).string],
                        environment: ["TZ": "UTC"]), purpose: "list the package")
                let name = package.package.dropFirst("lapidary-".count)
                let prefix =
                    package.isDebug
                    ? "./usr/lib/debug/opt/rubies/\(name.dropLast("-dbgsym".count))/"
                    : "./opt/rubies/\(name)/"
                let documentation = "./usr/share/doc/\(package.package)/"
                for line in listing.split(whereSeparator: \.isNewline) {
                    let words = line.split(separator: " ", omittingEmptySubsequences: true)
                    #expect(words[1] == "root/root", "\(line)")
                    #expect(words[3] == "2025-04-09", "\(line)")
                    let path = words[5]
                    #expect(
                        path.hasPrefix(prefix) || prefix.hasPrefix(path)
                            || path.hasPrefix(documentation) || documentation.hasPrefix(path),
                        "\(line)")
                }
                for file in ["copyright", "changelog.Debian.gz"] {
                    #expect(listing.contains(documentation + file))
                }
            }
        }
    }
}
