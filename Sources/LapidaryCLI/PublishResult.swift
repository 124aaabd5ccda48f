import Planning
import SystemPackage
import Terminal
import Workflow

/// What `publish` says in the end: what was made, and how to install it.
struct PublishResult: Encodable {
    let schema = JSONOutput.schema
    let repository: String
    let keyring: String
    let fingerprint: String
    let packages: [BuildResult.Package]
    private let report: PublishReport
    private let address: String?

    private enum CodingKeys: CodingKey {
        case schema, repository, keyring, fingerprint, packages
    }

    /// - Parameters:
    ///   - report: what was published.
    ///   - address: where clients find the repository; nil when nobody said.
    init(_ report: PublishReport, address: String?) {
        self.report = report
        self.address = address
        repository = report.repository.string
        keyring = report.keyring
        fingerprint = report.fingerprint
        packages = report.packages.map(BuildResult.Package.init)
    }

    func print(on console: Console, asJSON: Bool) throws {
        for warning in report.warnings { console.message("warning: \(warning)") }
        if asJSON { return console.output(try JSONOutput.text(self)) }
        let table = Table(
            header: ["PACKAGE", "VERSION", "SUITE", "SIZE", "SMOKE"],
            rows: report.packages.filter { !$0.names.isDebug }.map(BuildResult.Package.init).map {
                [
                    $0.package, $0.version, $0.suite, Readable.bytes($0.size),
                    "\($0.checksPassed ?? 0) checks passed",
                ]
            }, rightAligned: [3])
        console.output(table.text(style: console.outputStyle))
        console.output("")
        console.output("Signed with \(fingerprint) in \(repository)")
        console.output(try installation(style: console.outputStyle))
    }

    /// Lines for a root shell on a client.
    private func installation(style: Style) throws -> String {
        var lines = [
            "Serve that folder with any web server; then, on another machine, as root:", "",
        ]
        // Nobody can know the address when it was not said; one line is then left to fill in.
        lines.append("  URL=\(address ?? "https://SERVER/FOLDER")")
        lines.append("  curl -fsSLo /usr/share/keyrings/\(keyring) \"$URL/\(keyring)\"")
        for suite in report.suites {
            lines.append("  cat > /etc/apt/sources.list.d/\(report.vendor).sources <<EOF")
            lines += try report.sources(suite: suite, address: "$URL")
                .split(whereSeparator: \.isNewline).map { "  \($0)" }
            lines.append("  EOF")
        }
        let names = report.packages.filter { !$0.names.isDebug }.map(\.names.name)
            .joined(separator: " ")
        lines.append("  apt-get update && apt-get install \(names)")
        return lines.joined(separator: "\n")
    }
}
