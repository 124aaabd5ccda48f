import Debian
import Diagnostics
import Digest
import Foundation
package import HostSystem
package import Lock
package import Store
import SystemPackage

/// What apt wants to know of packages, read from the .debs themselves.
///
/// A lock has no control data, so that one line is one package; the .deb has it under its digest.
/// Reading takes a process for each .deb, so what was read is kept in the home.
package struct ControlData: Sendable {
    private let store: ArtifactStore
    private let runner: any CommandRunner

    /// How many .debs are read at once.
    private static let width = 4

    package init(store: ArtifactStore, runner: any CommandRunner) {
        self.store = store
        self.runner = runner
    }

    /// The same packages with their control fields.
    ///
    /// - Parameter members: packages whose .debs are in the store.
    /// - Returns: the packages, in their order.
    /// - Throws: `Failure` of kind `integrity` for a .deb that is not the package it is said to be.
    package func describe(_ members: [PackageSet.Member]) async throws -> [PackageSet.Member] {
        let folder = store.home.packageControl
        try Files.createDirectory(folder)
        var stanzas: [Int: String] = [:]
        var missing: [Int] = []
        for (index, member) in members.enumerated() {
            let file = folder.appending(member.sha256.hex)
            if Files.exists(file) {
                stanzas[index] = try Files.readText(file)
            } else {
                missing.append(index)
            }
        }
        for start in stride(from: 0, to: missing.count, by: Self.width) {
            let part = missing[start..<min(start + Self.width, missing.count)]
            try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for index in part {
                    let member = members[index]
                    group.addTask { (index, try await read(member)) }
                }
                for try await (index, stanza) in group {
                    try Files.write(
                        stanza, to: folder.appending(members[index].sha256.hex))
                    stanzas[index] = stanza
                }
            }
        }
        return members.enumerated().map { $1.with(stanza: stanzas[$0] ?? "") }
    }

    private func read(_ member: PackageSet.Member) async throws -> String {
        let file = store.path(of: member.sha256).string
        let text = try await runner.output(
            of: Command("dpkg-deb", ["--field", file], environment: ["LC_ALL": "C"]),
            purpose: "read the package \(member.fileName)", kind: .integrity,
            hint: "make the lock anew with `lapidary pin update`")
        let control = try ControlStanza.parse(text, source: member.fileName)
        let found = ["Package", "Version", "Architecture"].map { control[$0] ?? "" }
        guard found == [member.package, member.version, member.architecture] else {
            throw Failure(
                .integrity,
                "the .deb that the lock calls \(member.fileName) is"
                    + " \(found.joined(separator: " ")): sha256 \(member.sha256)",
                hint: "somebody edited the lock; restore it from the project's history")
        }
        return try ControlStanza(
            control.fields + [
                ControlField("Size", String(member.size)),
                ControlField("SHA256", member.sha256.hex),
            ]
        ).text
    }
}
