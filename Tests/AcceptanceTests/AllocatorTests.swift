import Foundation
import HostSystem
import SystemPackage
import Testing

extension Acceptance {
    /// An allocator is proven, and one that was lost is found by name.
    @Suite struct Allocators {
        private func smoke(_ arguments: [String]) async throws -> (
            CommandResult, [SmokeOutput.Report]
        ) {
            let result = try await Laboratory.run(["smoke", "--json"] + arguments)
            let smoke = try? JSONDecoder().decode(
                SmokeOutput.self, from: Data(result.standardOutput.utf8))
            return (result, try #require(smoke, "\(result.standardError)").reports)
        }

        /// The laboratory's .deb of a variant, with the interpreter of the plain one inside.
        private func planted(in folder: FilePath, variant: String) async throws -> FilePath {
            func tool(_ name: String, _ arguments: [String]) async throws {
                _ = try await SubprocessRunner().output(
                    of: Command(name, arguments),
                    purpose: "plant a defect")
            }
            func deb(_ variant: String) -> String {
                Laboratory.home.pushing("packages/bookworm")
                    .appending("lapidary-ruby-3.3.8-\(variant)_3.3.8-1+deb12_amd64.deb").string
            }
            let tree = folder.appending("tree")
            let plain = folder.appending("plain")
            try await tool("dpkg-deb", ["--raw-extract", deb(variant), tree.string])
            try await tool("dpkg-deb", ["--extract", deb("plain"), plain.string])
            for file in ["bin/ruby", "lib/libruby.so.3.3.8"] {
                let target = tree.pushing(FilePath("opt/rubies/ruby-3.3.8-\(variant)"))
                try await tool(
                    "cp",
                    [
                        plain.pushing("opt/rubies/ruby-3.3.8-plain").pushing(FilePath(file)).string,
                        target.pushing(FilePath(file)).string,
                    ])
            }
            // A package that was built so would have the sums of what is in it.
            let sums = try await SubprocessRunner().output(
                of: Command(
                    "find", ["opt", "usr", "-type", "f", "-exec", "md5sum", "{}", "+"],
                    workingDirectory: tree), purpose: "sum up the tree")
            try Files.write(sums, to: tree.pushing("DEBIAN/md5sums"))
            let result = folder.appending("planted.deb")
            try await tool(
                "dpkg-deb", ["--root-owner-group", "-Znone", "--build", tree.string, result.string])
            return result
        }

        private static let lost = [
            (
                "jemalloc",
                [
                    "malloc": "`ruby -v` lacks +jemalloc",
                    "memory": "row allocator is 1.00 instead of at most 0.25, most likely: "
                        + "the allocator is not linked",
                ]
            ),
            (
                "trim",
                [
                    "malloc-trim": "GC.stat lacks the integer keys",
                    "memory": "row gives-back is 1.00 instead of at most 0.2, most likely: "
                        + "the trim patch without its call of malloc_trim",
                ]
            ),
        ]

        @Test(
            "a package whose interpreter lost what makes its variant fails by name",
            arguments: lost)
        func lostVariant(variant: String, sentences: [String: String]) async throws {
            _ = try await Laboratory.shared.published()
            let built = try await Laboratory.run(["build", "3.3@\(variant):bookworm"])
            try #require(built.succeeded, "\(built.standardError)")
            try await Laboratory.withFolder { folder in
                let deb = try await planted(in: folder, variant: variant)
                let only = (["version"] + sentences.keys.sorted()).joined(separator: ",")
                let (result, reports) = try await smoke([
                    "3.3@\(variant):bookworm", "--deb", deb.string, "--only", only,
                ])
                #expect(result.ending == .exited(1))
                let checks = try #require(reports.first).checks
                #expect(checks.first { $0.name == "version" }?.outcome == "passed")
                for (check, sentence) in sentences {
                    let failed = try #require(checks.first { $0.name == check })
                    #expect(failed.outcome == "failed")
                    #expect(failed.output.contains(sentence), "\(failed.output)")
                }
                #expect(result.standardError.contains("lapidary-ruby-3.3.8-\(variant)"))
            }
        }

        @Test("other allocators of the suite take one recipe file each, and memory is theirs")
        func otherAllocators() async throws {
            _ = try await Laboratory.shared.published()
            let (result, reports) = try await smoke([
                "3.3@tcmalloc,mimalloc:bookworm", "--only", "variant,malloc,memory",
            ])
            #expect(result.succeeded, "\(result.standardError)")
            #expect(reports.count == 4)
            for report in reports {
                let library = report.package.hasSuffix("tcmalloc") ? "tcmalloc_minimal" : "mimalloc"
                let proof = report.checks.first { $0.name == "malloc" }
                #expect(proof?.output.contains("take malloc from lib\(library).so") == true)
            }
        }

        /// Builds jemalloc with one text of its recipe replaced, and gives what was said.
        private func complaint(replacing old: String, with new: String, exitCode: Int) async throws
            -> String
        {
            _ = try await Laboratory.shared.published()
            let result = try await Laboratory.withProject { project in
                try Laboratory.replace(
                    old, with: new, in: project.appending("Recipes/variants/jemalloc.yaml"))
                return try await Laboratory.run(
                    ["build", "3.3@jemalloc:bookworm"], project: project)
            }
            #expect(result.ending == .exited(exitCode), "\(result.standardError)")
            #expect(try Laboratory.leftovers(in: Laboratory.home) == [])
            return result.standardError
        }

        @Test("a library that defines no malloc is refused where it is linked")
        func noMalloc() async throws {
            let complaint = try await complaint(
                replacing: "library: jemalloc", with: "library: z", exitCode: 1)
            #expect(complaint.contains("failed at step `assert`"), "\(complaint)")
            #expect(
                complaint.contains("the allocator is lost: ")
                    && complaint.contains("comes from libc.so.6 instead of libz"), "\(complaint)")
        }

        @Test("a package that the suite has no more: exit code 3 and its name")
        func goneLibrary() async throws {
            let complaint = try await complaint(
                replacing: "[libjemalloc-dev]", with: "[libjemalloc-gone-dev]", exitCode: 3)
            #expect(complaint.contains("libjemalloc-gone-dev"), "\(complaint)")
            #expect(complaint.contains("variant-jemalloc"), "\(complaint)")
        }
    }
}
