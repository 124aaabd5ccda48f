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

    package init(
        action: String, outputs: [String: Output], seconds: Double,
        inputs: [String: SHA256Digest]? = nil, operation: SHA256Digest? = nil
    ) {
        self.action = action
        self.outputs = outputs
        self.seconds = seconds
        self.inputs = inputs
        self.operation = operation
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
        guard let bytes = try? Files.readBytes(path(for: key)),
            let result = try? JSONDecoder().decode(ActionResult.self, from: Data(bytes)),
            result.outputs.values.allSatisfy({ isPresent($0.sha256) })
        else { return nil }
        return result
    }

    /// Every result that is kept, whether its outputs are still there or not; a file that cannot be
    /// read is left out.
    package func all() throws -> [(key: SHA256Digest, result: ActionResult, finished: Date)] {
        guard Files.isDirectory(store.home.results) else { return [] }
        return try Files.names(in: store.home.results).compactMap { name in
            guard name.hasSuffix(".json"), let key = SHA256Digest(hex: String(name.dropLast(5))),
                let bytes = try? Files.readBytes(path(for: key)),
                let result = try? JSONDecoder().decode(ActionResult.self, from: Data(bytes))
            else { return nil }
            return (key, result, try Files.modificationDate(of: path(for: key)))
        }
    }

    /// Remembers what an action made; its outputs are in the store already.
    package func record(_ result: ActionResult, for key: SHA256Digest) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try Files.write(Array(try encoder.encode(result)), to: path(for: key))
    }

    /// The log of an action's last run.
    package func log(for key: SHA256Digest) -> FilePath {
        store.home.logs.appending("\(key.hex.prefix(16)).log")
    }

    /// A root's digest names an unpacked tree instead of a file.
    private func isPresent(_ digest: SHA256Digest) -> Bool {
        store.contains(digest) || Files.isDirectory(store.home.roots.appending(digest.hex))
    }

    private func path(for key: SHA256Digest) -> FilePath {
        store.home.results.appending("\(key.hex).json")
    }
}
