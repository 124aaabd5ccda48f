import Foundation
import HostSystem
import SystemPackage
import Testing

extension Acceptance {
    /// The packages of the laboratory, made again in another world.
    @Suite struct Verify {
        private struct Result: Decodable {
            struct Subject: Decodable {
                struct Run: Decodable {
                    struct Artifact: Decodable {
                        let name: String
                        let same: Bool
                    }

                    let artifacts: [Artifact]
                }

                let status: String
                let varied: [String]
                let runs: [Run]
                let notes: [String]
            }

            let subjects: [Subject]
        }

        private func verified(_ arguments: [String]) async throws -> Result.Subject {
            let result = try await Laboratory.run(["verify", "--json"] + arguments)
            try #require(result.succeeded, "\(result.standardError)")
            let read = try JSONDecoder().decode(
                Result.self, from: Data(result.standardOutput.utf8))
            return try #require(read.subjects.first)
        }

        private var deb: FilePath {
            let name = "lapidary-ruby-3.3.8-trim"
            return Laboratory.repository.appending(
                "pool/main/l/\(name)/\(name)_3.3.8-1+deb12_amd64.deb")
        }

        @Test("what follows the compilation gives the same bytes, whatever varies")
        func afterCompile() async throws {
            _ = try await Laboratory.shared.published()
            let subject = try await verified(["--after-compile", "3.3@trim:bookworm"])
            #expect(subject.status == "GOOD")
            #expect(subject.varied.count >= 16, "\(subject.varied)")
            let artifacts = try #require(subject.runs.first?.artifacts)
            // The package of release and series and the symbols of each, with three texts beside it.
            #expect(artifacts.count == 16)
            #expect(artifacts.filter { !$0.same }.map(\.name) == [])
            #expect(try Laboratory.leftovers(in: Laboratory.home) == [])
        }

        /// The objects of the base come from the compile cache: a file that the incremental make should
        /// have compiled again and did not would differ all the same.
        @Test("what is derived has the bytes of a tree that was compiled by itself")
        func fromScratch() async throws {
            _ = try await Laboratory.shared.published()
            let subject = try await verified([
                "--from-scratch", "--compile-cache", "--variations", "none", "3.3@trim:bookworm",
            ])
            #expect(subject.status == "GOOD")
            let artifacts = try #require(subject.runs.first?.artifacts)
            // The package of release and series and the symbols of each.
            #expect(artifacts.count == 4)
            #expect(artifacts.filter { !$0.same }.map(\.name) == [])
            #expect(try Laboratory.leftovers(in: Laboratory.home) == [])
        }

        @Test("a published .deb is made again from what lies beside it")
        func fromEvidence() async throws {
            _ = try await Laboratory.shared.published()
            try await Laboratory.withFolder { folder in
                let keyring = Laboratory.repository.appending("lapidary-archive-keyring.pgp")
                let result = try await Laboratory.run(
                    [
                        "verify", "--json", "--after-compile", deb.string, "--keyring",
                        keyring.string,
                    ], project: folder)
                try #require(result.succeeded, "\(result.standardError)")
                let subject = try #require(
                    try JSONDecoder().decode(
                        Result.self, from: Data(result.standardOutput.utf8)
                    ).subjects.first)
                #expect(subject.status == "GOOD")
                #expect(subject.notes.contains { $0.contains("good by ") }, "\(subject.notes)")
                let name = try #require(deb.lastComponent?.string)
                #expect(subject.runs.first?.artifacts.map(\.name) == [name])
            }
        }

        /// Changes the byte that follows a text, or one in the middle where the text is not found.
        private static func change(_ bytes: inout [UInt8], after text: String) {
            let wanted = Array(text.utf8)
            let found = bytes.indices.dropLast(wanted.count).first {
                bytes[$0..<($0 + wanted.count)].elementsEqual(wanted)
            }
            let index = found.map { $0 + wanted.count } ?? bytes.count / 2
            bytes[index] = bytes[index] == 0x61 ? 0x62 : 0x61
        }

        @Test("a .deb or a text beside it that was changed is refused")
        func tampered() async throws {
            _ = try await Laboratory.shared.published()
            let stem = String(deb.lastComponent?.stem ?? "")
            for changed in [".deb", ".buildinfo", ".spdx.json", ".intoto.json"] {
                try await Laboratory.withFolder { folder in
                    for suffix in [".deb", ".buildinfo", ".spdx.json", ".intoto.json"] {
                        let name = stem + suffix
                        let source = deb.removingLastComponent().appending(name)
                        var bytes = try Files.readBytes(source)
                        if suffix == changed {
                            Self.change(&bytes, after: "\"sha256\" : \"")
                        }
                        try Files.write(bytes, to: folder.appending(name))
                    }
                    let result = try await Laboratory.run(
                        ["verify", folder.appending(stem + ".deb").string], project: folder)
                    #expect(result.ending == .exited(4), "\(changed): \(result.standardError)")
                }
            }
        }
    }
}
