import Diagnostics
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Provisioning

/// What servers say of files that have no digest here.
@Suite struct WebProbeTests {
    private let probe = WebProbe(runner: SubprocessRunner(), protocols: .any)

    @Test func eachAddressHasItsOwnAnswer() async throws {
        try await Scratch.with { folder in
            let file = folder.appending("file")
            try Files.write("four", to: file)
            try await LoopbackServer.with([
                "/there": .bytes([1, 2, 3]), "/ill": .status(503), "/gone": .status(410),
                "/moved": .redirect("/there"), "/into": .redirect("file://\(file)"),
            ]) { server in
                let paths = ["/there", "/ill", "/gone", "/nowhere", "/moved", "/into"]
                let addresses =
                    paths.map(server.address) + ["file://\(file)", "file://\(folder)/no"]
                let answers = try await probe.ask(addresses, in: folder)
                #expect(answers.count == addresses.count)
                let three = WebProbe.Answer.present(.init(size: 3, date: ""))
                #expect(answers[server.address("/there")] == three)
                #expect(answers[server.address("/moved")] == three)
                #expect(answers[server.address("/ill")] == .unknown("HTTP 503"))
                #expect(answers[server.address("/gone")] == .absent)
                #expect(answers[server.address("/nowhere")] == .absent)
                #expect(answers["file://\(folder)/no"] == .absent)
                // No server leads to a local file.
                guard case .unknown = answers[server.address("/into")] else {
                    Issue.record("\(String(describing: answers[server.address("/into")]))")
                    return
                }
                guard case .present = answers["file://\(file)"] else {
                    Issue.record("\(String(describing: answers["file://\(file)"]))")
                    return
                }
            }
        }
    }

    /// Addresses come from recipes, and curl reads them from a file of options.
    @Test func aQuoteInAnAddressEndsNothing() async throws {
        try await Scratch.with { folder in
            try await LoopbackServer.with { server in
                let path = #"/a"b\c"#
                let answers = try await probe.ask([server.address(path)], in: folder)
                #expect(answers == [server.address(path): .absent])
                #expect(server.requests == [path])
            }
        }
    }

    @Test func aTextComesAsItIs() async throws {
        try await LoopbackServer.with([
            "/text": .bytes(Array("one\n\ntwo\n".utf8)), "/ill": .status(500),
        ]) { server in
            #expect(try await probe.text(at: server.address("/text"), what: "it") == "one\n\ntwo\n")
            #expect(try await probe.text(at: server.address("/no"), what: "it") == nil)
            let failure = try await #require(throws: Failure.self) {
                try await probe.text(at: server.address("/ill"), what: "the list")
            }
            #expect(failure.kind == .environment)
            #expect(
                failure.message == "could not read the list from \(server.address("/ill"))")
        }
    }

    @Test func plainHTTPIsReadOnlyWhereItIsAllowed() async throws {
        try await LoopbackServer.with(["/text": .bytes([0x61])]) { server in
            let secure = WebProbe(runner: SubprocessRunner(), protocols: .secure)
            let failure = try await #require(throws: Failure.self) {
                try await secure.text(at: server.address("/text"), what: "the list")
            }
            #expect(failure.hint?.contains("--allow-insecure-sources") == true)
            #expect(server.requests == [])
        }
    }
}
