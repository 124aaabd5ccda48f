import Diagnostics
import Digest
import Foundation
import HostSystem
import Recipe
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Lock
@testable import Workflow

/// What a build takes from the lock, and what it refuses.
@Suite struct LockedBuildTests {
    @Test func lockedPackagesComeFromTheirPlacesInThePool() async throws {
        try await PinFixture.with { fixture, packages in
            let sets = try await fixture.obtain()
            let set = try #require(sets.first)
            #expect(set.members.map(\.package) == ["base", "tool"])
            #expect(set.addition("variant-jemalloc").map(\.package) == ["liballoc"])
            #expect(set.addition("smoke").map(\.package) == ["gdb"])
            for package in packages {
                let stored = try #require(try fixture.store.verified(package.member.sha256))
                #expect(try Files.readBytes(stored) == package.bytes)
            }
            // No index of the archive is asked for.
            #expect(Set(fixture.server.requests) == Set(packages.map(\.path)))
        }
    }

    /// apt has to learn from the .deb alone what its index would say.
    @Test func controlDataComesFromThePackagesThemselves() async throws {
        try await PinFixture.with { fixture, packages in
            let members = try await fixture.obtain()[0].members
            #expect(
                members[0].stanza == """
                    Package: base
                    Version: 1:2-3
                    Architecture: amd64
                    Maintainer: Test <test@example.org>
                    Installed-Size: 4
                    Depends: libc6 (>= 2.36)
                    Description: base of a test
                    Size: \(packages[0].bytes.count)
                    SHA256: \(packages[0].member.sha256)

                    """)
        }
    }

    @Test func theSecondBuildNeedsNoMirror() async throws {
        try await PinFixture.with { fixture, packages in
            let first = try await fixture.obtain()
            #expect(try await fixture.obtain(offline: true) == first)
            #expect(fixture.server.requests.count == packages.count)
        }
    }

    @Test func securityUpdatesComeFromTheirOwnArchive() async throws {
        try await PinFixture.with({ packages in
            var answers = PinFixture.everything(packages)
            answers[packages[1].path] = nil
            let path = packages[1].path.replacing("/debian/", with: "/debian-security/")
            answers[path] = .ranged(packages[1].bytes)
            return answers
        }) { fixture, packages in
            _ = try await fixture.obtain()
            #expect(fixture.store.contains(packages[1].member.sha256))
        }
    }

    @Test func aPackageThatIsNowhereIsNamed() async throws {
        try await PinFixture.with({ packages in
            var answers = PinFixture.everything(packages)
            answers[packages[1].path] = nil
            return answers
        }) { fixture, packages in
            let failure = try await #require(throws: Failure.self) {
                try await fixture.obtain()
            }
            #expect(failure.kind == .environment)
            #expect(
                failure.message
                    == "the locked package tool_2-3_amd64.deb is neither in the store nor on the"
                    + " mirror")
            #expect(failure.details.count == 2)
            #expect(failure.details.allSatisfy { $0.hasSuffix(": HTTP 404") })
            let hint = try #require(failure.hint)
            #expect(hint.contains(fixture.store.path(of: packages[1].member.sha256).string))
            #expect(hint.contains("lapidary pin update"))
        }
    }

    @Test func otherBytesOnTheMirrorNeverEnterTheStore() async throws {
        try await PinFixture.with({ packages in
            var answers = PinFixture.everything(packages)
            answers[packages[1].path] = .bytes(packages[1].bytes.map { ~$0 })
            return answers
        }) { fixture, packages in
            let failure = try await #require(throws: Failure.self) {
                try await fixture.obtain()
            }
            #expect(failure.kind == .integrity)
            #expect(failure.message.contains("tool_2-3_amd64.deb"))
            #expect(!fixture.store.contains(packages[1].member.sha256))
        }
    }

    /// A digest may be right and the name before it wrong.
    @Test func aPackageUnderAnotherNameIsRefused() async throws {
        try await PinFixture.with { fixture, packages in
            let tool = packages[1].member
            let renamed = PackageSet.Member(
                package: "other", version: tool.version, architecture: tool.architecture,
                sha256: tool.sha256, size: tool.size, isBase: false, poolPath: tool.poolPath,
                stanza: "")
            try fixture.writeLock([packages[0].member, renamed] + packages[2...].map(\.member))
            let failure = try await #require(throws: Failure.self) {
                try await fixture.obtain()
            }
            #expect(failure.kind == .integrity)
            #expect(
                failure.message.hasPrefix(
                    "the .deb that the lock calls other_2-3_amd64.deb is tool 1:2-3 amd64"))
        }
    }

    @Test func offlineNamesEveryFileThatIsMissing() async throws {
        try await PinFixture.with { fixture, packages in
            let pins = try fixture.pins()
            let failure = try #require(throws: Failure.self) {
                try pins.requireFiles(in: fixture.store, runner: SubprocessRunner())
            }
            #expect(failure.kind == .environment)
            #expect(
                failure.message == "--offline forbids downloading, and the store lacks 5 files")
            #expect(failure.details[0].hasPrefix("ruby3.3_3.3.8.orig.tar.xz sha256 e2e1233a"))
            for package in packages {
                #expect(
                    failure.details.contains(
                        "\(package.member.fileName) sha256 \(package.member.sha256)"))
            }
            #expect(fixture.server.requests == [])
        }
    }

    @Test func aBuildTakesTheLocksRevision() async throws {
        try await PinFixture.with { fixture, _ in
            let text = try fixture.lock().text.replacing("revision=1", with: "revision=7")
            let body = text.split(separator: "\n").dropLast().map { "\($0)\n" }.joined()
            try Files.write(
                body + "checksum \(SHA256Digest(of: body))\n", to: fixture.lockFile)
            let pins = try fixture.pins(locked: true)
            #expect(pins.cells.map(\.release.revision) == [7, 7])
            #expect(pins.note == nil)
        }
    }

    @Test func withoutALockABuildSaysHowToPin() async throws {
        try await PinFixture.with { fixture, _ in
            try Files.remove(fixture.lockFile)
            #expect(try fixture.pins().note?.contains("`lapidary pin update`") == true)
            let failure = try #require(throws: Failure.self) { try fixture.pins(locked: true) }
            #expect(failure.kind == .integrity)
            #expect(failure.message == "the project has no `lapidary.lock`")
        }
    }

    @Test func aChangedRecipeIsNamedUnderLocked() async throws {
        try await PinFixture.with { fixture, _ in
            try fixture.edit("Recipes/variants/jemalloc.yaml", "summary: ", "summary: well, ")
            let failure = try #require(throws: Failure.self) { try fixture.pins(locked: true) }
            #expect(failure.kind == .integrity)
            #expect(
                failure.message
                    == "`lapidary.lock` does not decide this build:"
                    + " `Recipes/variants/jemalloc.yaml` changed since it was pinned")
            #expect(failure.hint?.contains("lapidary pin update") == true)
            // Of another variant the lock still decides everything.
            let plain = try fixture.pins("3.3.8@plain:bookworm/amd64", locked: true)
            #expect(plain.note == nil)
            // And without --locked a build goes on, and says so.
            #expect(try fixture.pins().note?.contains("is stale: `Recipes/variants/") == true)
        }
    }

    @Test func aVariantWithoutItsPackagesIsNotLocked() async throws {
        try await PinFixture.with { fixture, _ in
            let selection = "3.3.8@tcmalloc:bookworm/amd64"
            let failure = try #require(throws: Failure.self) {
                try fixture.pins(selection, locked: true)
            }
            #expect(failure.kind == .integrity)
            #expect(
                ([failure.message] + failure.details).contains {
                    $0.hasSuffix(
                        "the packages for `variant-tcmalloc` of bookworm/amd64 are not pinned")
                })
        }
    }

    @Test func aLockThatIsALinkIsNotFollowed() async throws {
        try await PinFixture.with { fixture, _ in
            let real = fixture.folder.appending("elsewhere")
            try Files.move(fixture.lockFile, to: real)
            try link(fixture.lockFile, to: real)
            let failure = try #require(throws: Failure.self) { try fixture.pins() }
            #expect(failure.kind == .usage)
            #expect(failure.message == "`lapidary.lock` is no plain file")
        }
    }

    private func link(_ path: FilePath, to target: FilePath) throws {
        try #require(symlink(target.string, path.string) == 0)
    }
}
