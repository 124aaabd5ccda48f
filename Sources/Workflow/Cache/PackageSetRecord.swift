import Digest
import Foundation
import HostSystem
import Lock
import Store
import SystemPackage

/// A file of a home's `package-sets/`: what was resolved where no lock says it.
struct PackageSetRecord: Sendable {
    /// What such a file holds.
    enum Content: Sendable {
        case set(PackageSet)
        case addition(PackageAddition)
    }

    /// The file's name: `bookworm-amd64.json`, `bookworm-amd64-smoke.json`.
    let name: String
    let content: Content

    /// Digests of its packages.
    var members: [SHA256Digest] { packages.map(\.sha256) }

    var packages: [PackageSet.Member] {
        switch content {
        case .set(let set): set.members
        case .addition(let addition): addition.members
        }
    }

    /// Reads the text of a record; nil for one that is none of that name.
    init?(name: String, text: [UInt8]) {
        self.name = name
        if let set = try? JSONDecoder().decode(PackageSet.self, from: Data(text)) {
            guard name == "\(set.suite)-\(set.architecture).json" else { return nil }
            content = .set(set)
        } else if let addition = try? JSONDecoder().decode(PackageAddition.self, from: Data(text)) {
            guard name.hasSuffix("-\(addition.name).json") else { return nil }
            content = .addition(addition)
        } else {
            return nil
        }
    }

    /// The text of the same record with other descriptions of its packages.
    ///
    /// - Throws: never in practice; encoding plain values can only fail on a defect.
    func text(with members: [PackageSet.Member]) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        switch content {
        case .set(let set):
            return Array(
                try encoder.encode(
                    PackageSet(
                        suite: set.suite, architecture: set.architecture, request: set.request,
                        members: members)))
        case .addition(let addition):
            return Array(
                try encoder.encode(
                    PackageAddition(
                        name: addition.name, request: addition.request, members: members)))
        }
    }

    /// Every record of a home that can be read.
    ///
    /// - Throws: `Failure` of kind `environment` when the folder cannot be read.
    static func all(in home: Home) throws -> [PackageSetRecord] {
        try names(in: home).compactMap { name in
            (try? Files.readBytes(home.packageSets.appending(name))).flatMap {
                PackageSetRecord(name: name, text: $0)
            }
        }
    }

    /// The names of all records, readable or not.
    static func names(in home: Home) throws -> [String] {
        guard Files.isDirectory(home.packageSets) else { return [] }
        return try Files.names(in: home.packageSets).filter { $0.hasSuffix(".json") }
    }
}
