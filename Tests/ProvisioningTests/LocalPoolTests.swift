import Digest
import HostSystem
import Lock
import Planning
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Provisioning

@Suite struct LocalPoolTests {
    @Test func aPoolHasEveryPackageUnderItsNameAndAnIndex() async throws {
        try await Scratch.with { folder in
            let home = Home(folder.appending("home"))
            let index = try await home.exclusively(
                holder: "a test", wait: false, onWait: { _ in }
            ) {
                let store = ArtifactStore(home: home)
                try store.insert(Array("deb".utf8))
                let member = PackageSet.Member(
                    package: "tool", version: "1:2-3", architecture: "amd64",
                    sha256: SHA256Digest(of: "deb"), size: 3, isBase: true,
                    stanza: "Package: tool\nVersion: 1:2-3\n\n")
                let pool = folder.appending("pool")
                try Files.createDirectory(pool)
                try LocalPool.make(of: [member], in: pool, store: store)
                #expect(try Files.readText(pool.appending("tool_2-3_amd64.deb")) == "deb")
                return try Files.readText(pool.appending("Packages"))
            }
            #expect(
                index == "Package: tool\nVersion: 1:2-3\nFilename: ./tool_2-3_amd64.deb\n\n")
        }
    }
}
