import Diagnostics
import Foundation
import HostSystem
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Provisioning

private typealias Fixture = DownloadFixture

/// https alone, unless a person asked for more, and never a local file by a server's word.
@Suite(.enabled(if: Programs.has("curl"), "SKIPPED: curl is not installed here"))
struct ProtocolTests {
    @Test func redirectionsAreFollowed() async throws {
        let answers: [String: LoopbackServer.Answer] = [
            Fixture.path: .redirect("/new"), "/new": .bytes(Fixture.bytes),
        ]
        try await Fixture.with(answers) { fixture in
            try await fixture.fetch()
            try fixture.expectStored()
        }
    }

    @Test func redirectionsAreBounded() async throws {
        try await Fixture.with(.redirect(Fixture.path)) { fixture in
            let failure = try await fixture.failure()
            fixture.expect(failure, .environment, "redirected more than 3 times")
            #expect(fixture.server.requests.count == 4)
            #expect(fixture.pauses.all == [])
        }
    }

    @Test func plainHTTPIsRefusedUnlessAskedFor() async throws {
        try await Fixture.with(.bytes(Fixture.bytes)) { fixture in
            let failure = try await fixture.failure(protocols: .secure)
            fixture.expect(failure, .environment, "the protocol `http` is not allowed")
            #expect(failure.hint?.contains("--allow-insecure-sources") == true)
            #expect(fixture.server.requests == [])
            try fixture.expectNothingStored()
        }
    }

    @Test func localFilesAreRefusedUnlessAskedFor() async throws {
        try await Fixture.with([:]) { fixture in
            let file = fixture.home.path.appending("ruby.tar.gz")
            try Files.write(Fixture.bytes, to: file)
            let failure = try await fixture.failure(["file://\(file)"], protocols: .secure)
            #expect(failure.message.hasSuffix(": the protocol `file` is not allowed"))
            try await fixture.fetch(["file://\(file)"])
            try fixture.expectStored()
        }
    }

    @Test(arguments: ["ftp://127.0.0.1:9/x", "scp://127.0.0.1/x", "gopher://127.0.0.1/x"])
    func redirectionsToOtherProtocolsAreRefused(target: String) async throws {
        try await Fixture.with(.redirect(target)) { fixture in
            let failure = try await fixture.failure()
            fixture.expect(
                failure, .environment, "redirected to a forbidden protocol: `\(target)`")
            #expect(fixture.pauses.all == [])
        }
    }

    @Test func noServerLeadsToALocalFile() async throws {
        try await Scratch.with { folder in
            let file = folder.appending("ruby.tar.gz")
            try Files.write(Fixture.bytes, to: file)
            // Even the right bytes, and even where files were asked for.
            try await Fixture.with(.redirect("file://\(file)")) { fixture in
                let failure = try await fixture.failure()
                fixture.expect(
                    failure, .environment, "redirected to a forbidden protocol: `file://\(file)`")
                try fixture.expectNothingStored()
            }
        }
    }

    @Test(.enabled(if: Programs.has("openssl"), "SKIPPED: openssl is not installed here"))
    func noServerLeadsFromHTTPSToHTTP() async throws {
        try await Fixture.with(.bytes(Fixture.bytes)) { fixture in
            try await SecureServer.with(redirectingTo: fixture.address()) { secure in
                var trusting = fixture
                trusting.runner = TrustingRunner(authority: secure.certificate)
                let failure = try await trusting.failure([secure.address], protocols: .secure)
                #expect(failure.kind == .environment)
                #expect(
                    failure.message.hasSuffix(
                        ": redirected to a forbidden protocol: `\(fixture.address())`"))
                #expect(fixture.server.requests == [])
                // With plain http asked for, the very same way is gone.
                try await trusting.fetch([secure.address])
                try trusting.expectStored()
            }
        }
    }

    @Test(.enabled(if: Programs.has("openssl"), "SKIPPED: openssl is not installed here"))
    func aCertificateThatNobodySignedIsRefused() async throws {
        try await Fixture.with(.bytes(Fixture.bytes)) { fixture in
            try await SecureServer.with(redirectingTo: fixture.address()) { secure in
                let failure = try await fixture.failure([secure.address], protocols: .secure)
                #expect(failure.kind == .environment)
                #expect(failure.message.contains("certificate"))
                #expect(fixture.pauses.all == [])
            }
        }
    }
}

/// Runs curl with one more certificate to trust (curl(1), environment).
private struct TrustingRunner: CommandRunner {
    let authority: FilePath

    func capture(_ command: Command) async throws -> CommandResult {
        var command = command
        command.environment["CURL_CA_BUNDLE"] = authority.string
        return try await SubprocessRunner().capture(command)
    }

    func run(_ command: Command, appendingTo log: FilePath) async throws -> CommandResult.Ending {
        try await SubprocessRunner().run(command, appendingTo: log)
    }
}

/// openssl's small web server, whose one page redirects (openssl-s_server(1)).
private struct SecureServer {
    let address: String
    let certificate: FilePath

    static func with(
        redirectingTo target: String, _ body: (SecureServer) async throws -> Void
    ) async throws {
        try await Scratch.with { folder in
            let certificate = folder.appending("certificate.pem")
            let key = folder.appending("key.pem")
            _ = try await SubprocessRunner().output(
                of: Command(
                    "openssl",
                    [
                        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", key.string,
                        "-out", certificate.string,
                    ]), purpose: "make a certificate")
            try Files.write(
                "HTTP/1.1 302 Found\r\nLocation: \(target)\r\nContent-Length: 0\r\n"
                    + "Connection: close\r\n\r\n", to: folder.appending("page"))
            // A port that was free a moment ago; the server has no way to tell the one it takes.
            let port = try await LoopbackServer.with { $0.port }
            let server = Command(
                "openssl",
                [
                    "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate.string,
                    "-key", key.string, "-HTTP", "-quiet",
                ], workingDirectory: folder)
            try await whileRunning(server) {
                #expect(try await eventually { isListening(port) })
                try await body(
                    SecureServer(
                        address: "https://127.0.0.1:\(port)/page", certificate: certificate))
            }
        }
    }

    /// Whether somebody listens on a TCP port of this machine (proc(5), /proc/net/tcp).
    private static func isListening(_ port: UInt16) -> Bool {
        let digits = String(port, radix: 16, uppercase: true)
        let wanted = ":" + String(repeating: "0", count: 4 - digits.count) + digits
        let table = (try? Files.readText("/proc/net/tcp")) ?? ""
        return table.split(whereSeparator: \.isNewline).contains { line in
            let words = line.split(separator: " ")
            return words.count > 3 && words[1].hasSuffix(wanted) && words[3] == "0A"
        }
    }
}
