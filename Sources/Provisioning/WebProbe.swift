import Diagnostics
import Foundation
package import HostSystem
package import SystemPackage

/// Asks servers for what has no digest: whether a file is there, and texts that are judged later.
package struct WebProbe: Sendable {
    /// What a server says of a file.
    package enum Answer: Sendable, Hashable {
        /// It is there.
        case present(Found)
        /// The server says that it has none.
        case absent
        /// Nobody knows: no answer, or one that says nothing of the file.
        case unknown(String)
    }

    /// What is known of a file that is there.
    package struct Found: Sendable, Hashable {
        /// Bytes; nil when the server does not say.
        package let size: Int64?
        /// `Last-Modified`, as RFC 9110 has it; empty when the server does not say.
        package let date: String
    }

    private let runner: any CommandRunner
    private let protocols: Downloader.Protocols

    /// Seconds for one answer.
    private static let patience = 20

    package init(runner: any CommandRunner, protocols: Downloader.Protocols) {
        self.runner = runner
        self.protocols = protocols
    }

    /// Asks whether files are there, without downloading them.
    ///
    /// - Parameters:
    ///   - addresses: the files.
    ///   - folder: an empty folder for curl's list of addresses.
    /// - Returns: the answers, by address.
    /// - Throws: `Failure` when curl cannot be started.
    package func ask(_ addresses: [String], in folder: FilePath) async throws -> [String: Answer] {
        guard !addresses.isEmpty else { return [:] }
        // curl reads any number of addresses from a file; an argument vector has a limit.
        let list = folder.appending("addresses")
        try Files.write(
            addresses.map { "url = \(Self.quoted($0))\noutput = \"/dev/null\"\n" }.joined(),
            to: list)
        let format = [
            "%{urlnum}", "%{exitcode}", "%{http_code}", "%header{content-length}",
            "%header{last-modified}", "%{errormsg}",
        ].joined(separator: "\\t")
        let result = try await runner.capture(
            Command(
                "curl",
                Self.common(protocols) + [
                    "--head", "--parallel", "--parallel-max", "8", "--config", list.string,
                    "--write-out", "\(format)\\n",
                ]))
        var answers: [String: Answer] = [:]
        for line in result.standardOutput.split(whereSeparator: \.isNewline) {
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
                .map(String.init)
            guard columns.count == 6, let index = Int(columns[0]),
                addresses.indices.contains(index)
            else { continue }
            answers[addresses[index]] = Self.answer(columns)
        }
        for address in addresses where answers[address] == nil {
            answers[address] = .unknown("curl ended with \(result.ending)")
        }
        return answers
    }

    /// As curl's configuration files want it.
    private static func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }

    private static func answer(_ columns: [String]) -> Answer {
        switch (columns[1], columns[2]) {
        case ("0", _): .present(Found(size: Int64(columns[3]), date: columns[4]))
        // Of a local file that is not there, curl says 37.
        case ("22", "404"), ("22", "410"), ("37", _): .absent
        case ("22", let status): .unknown("HTTP \(status)")
        default: .unknown(columns[5].isEmpty ? "curl ended with \(columns[1])" : columns[5])
        }
    }

    /// Reads a text of at most 16 MiB.
    ///
    /// - Parameters:
    ///   - address: where it is.
    ///   - what: what it is, for messages.
    /// - Returns: the text; nil when the server says that there is none.
    /// - Throws: `Failure` of kind `environment` when it cannot be had.
    package func text(at address: String, what: String) async throws -> String? {
        let result = try await runner.capture(
            Command(
                "curl",
                Self.common(protocols) + [
                    "--show-error", "--max-time", "120", "--max-filesize", String(16 << 20),
                    "--write-out", "\\n%{http_code}", address,
                ]))
        let lines = result.standardOutput.split(separator: "\n", omittingEmptySubsequences: false)
        if result.succeeded { return lines.dropLast().joined(separator: "\n") }
        let status = lines.last.map(String.init) ?? ""
        if result.ending == .exited(37) || ["404", "410"].contains(status) { return nil }
        let complaint = result.standardError.split(whereSeparator: \.isNewline).last
        throw Failure(
            .environment, "could not read \(what) from \(address)",
            details: [complaint.map(String.init) ?? "curl ended with \(result.ending)"],
            hint: result.ending == .exited(1)
                ? "plain http and files are allowed by --allow-insecure-sources"
                : "check the address and the network")
    }

    private static func common(_ protocols: Downloader.Protocols) -> [String] {
        [
            "--disable", "--fail", "--silent", "--location", "--globoff",
            "--proto", protocols.first, "--proto-redir", protocols.redirected,
            "--max-redirs", "5", "--connect-timeout", "10", "--max-time", String(patience),
        ]
    }
}
