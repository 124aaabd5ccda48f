import Diagnostics
package import Digest
package import Foundation
import HostSystem
package import SystemPackage

/// What a finished action made.
package struct ActionResult: Sendable, Hashable, Codable {
    /// A file made by an action.
    package struct Output: Sendable, Hashable, Codable {
        package let sha256: SHA256Digest
        /// Bytes.
        package let size: Int64

        package init(sha256: SHA256Digest, size: Int64) {
            self.sha256 = sha256
            self.size = size
        }
    }

    /// The action's own words, for people who look into the store.
    package let action: String
    package let outputs: [String: Output]
    /// Wall-clock seconds the action took when it ran.
    package let seconds: Double
    /// What went in, by name; nil in records of before.
    package let inputs: [String: SHA256Digest]?
    /// Digest of what was done; nil in records of before.
    package let operation: SHA256Digest?
    /// Debian packages that it took besides its inputs; nil in records of before.
    package let packages: [SHA256Digest]?

    package init(
        action: String, outputs: [String: Output], seconds: Double,
        inputs: [String: SHA256Digest]? = nil, operation: SHA256Digest? = nil,
        packages: [SHA256Digest]? = nil
    ) {
        self.action = action
        self.outputs = outputs
        self.seconds = seconds
        self.inputs = inputs
        self.operation = operation
        self.packages = packages
    }
}

/// The results of actions by their keys.
package struct ActionResults: Sendable {
    package let store: ArtifactStore

    package init(store: ArtifactStore) {
        self.store = store
    }

    /// The result of an action that ran before and whose outputs are all still there.
    package func result(for key: SHA256Digest) -> ActionResult? {
        guard let result = record(for: key),
            result.outputs.values.allSatisfy({ store.has($0.sha256) })
        else { return nil }
        return result
    }

    /// Every result that is kept, whether its outputs are still there or not; a file that cannot be
    /// read is left out.
    package func all() throws -> [(key: SHA256Digest, result: ActionResult, finished: Date)] {
        try keys().compactMap { key in
            guard let result = record(for: key) else { return nil }
            return (key, result, try Files.modificationDate(of: path(for: key)))
        }
    }

    /// The keys of all that is recorded, readable or not, in their order.
    package func keys() throws -> [SHA256Digest] {
        guard Files.isDirectory(store.home.results) else { return [] }
        return try Files.names(in: store.home.results).compactMap { name in
            name.hasSuffix(".json") ? SHA256Digest(hex: String(name.dropLast(5))) : nil
        }
    }

    /// What is recorded under a key, whether the outputs are still there or not; nil for nothing
    /// that can be read.
    package func record(for key: SHA256Digest) -> ActionResult? {
        // Looking is not using, and must not set the access time.
        guard let bytes = try? LastUse.read(path(for: key)) else { return nil }
        return try? JSONDecoder().decode(ActionResult.self, from: Data(bytes))
    }

    /// Says that a result stands for its action in a run: one call of the system, as a run with
    /// nothing to do is made of hardly anything else.
    package func noteUse(of key: SHA256Digest) {
        LastUse.note(path(for: key))
    }

    /// When a result was last used, or else made.
    ///
    /// - Throws: `Failure` of kind `environment` when there is no such record.
    package func lastUse(of key: SHA256Digest) throws -> Date {
        try LastUse.date(of: path(for: key))
    }

    /// Remembers what an action made; its outputs are in the store already.
    package func record(_ result: ActionResult, for key: SHA256Digest) throws {
        try Files.write(Self.text(of: result), to: path(for: key))
    }

    /// How a result is written: equal results in equal bytes.
    package static func text(of result: ActionResult) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(result))
    }

    /// The log of an action's last run.
    package func log(for key: SHA256Digest) -> FilePath {
        store.home.logs.appending("\(key.hex.prefix(16)).log")
    }

    /// Where a result is recorded.
    package func path(for key: SHA256Digest) -> FilePath {
        store.home.results.appending("\(key.hex).json")
    }
}
