import Diagnostics
import Digest
import Foundation
import HostSystem
package import Store
package import SystemPackage

/// The failures that a home remembers: a folder for each, named by its time, with a record and,
/// for the newest, the workspace as the failing step left it.
///
/// Only who holds the home's lock changes them. Somebody may be inside a workspace without holding
/// that lock, and marks its folder by `FolderUse`; such a folder stays until a later turn.
package struct FailedActions: Sendable {
    /// A failure and what is kept of it.
    package struct Entry: Sendable, Hashable {
        package let record: FailedAction
        package let folder: FilePath

        /// Whether the workspace is still there.
        package var hasWorkspace: Bool { Files.isDirectory(FailedActions.workspace(in: folder)) }
    }

    /// How many workspaces are kept: a compile's takes about a gigabyte.
    package static let workspaceLimit = 3
    /// How many records are kept.
    package static let recordLimit = 50
    /// A workspace is not kept when this is all that would be left on the disk, in bytes: a failure
    /// for lack of space must not make itself last.
    private static let reserve: Int64 = 2_000_000_000

    private let store: ArtifactStore

    package init(store: ArtifactStore) {
        self.store = store
    }

    /// Every failure, the newest first; folders without a readable record are left out.
    package func all() throws -> [Entry] {
        let parent = store.home.failures
        guard Files.isDirectory(parent) else { return [] }
        return try Files.names(in: parent).reversed().compactMap { name in
            let folder = parent.appending(name)
            guard let bytes = try? Files.readBytes(Self.record(in: folder)),
                let record = try? JSONDecoder().decode(FailedAction.self, from: Data(bytes))
            else { return nil }
            return Entry(record: record, folder: folder)
        }
    }

    /// Remembers a failure and takes its workspace over.
    ///
    /// - Parameters:
    ///   - action: what the action is called.
    ///   - key: its key.
    ///   - when: the time it failed.
    ///   - seconds: how long it took.
    ///   - failure: what went wrong.
    ///   - step: the failing step, when there is one.
    /// - Returns: whether the workspace is kept.
    /// - Throws: `Failure` of kind `environment` when the home cannot be written.
    func add(
        action: String, key: SHA256Digest, when: Date, seconds: Double, failure: Failure,
        step: StepFailure?
    ) throws -> Bool {
        let name = "\(Self.stamp(when))-\(key.hex.prefix(16))"
        let folder = store.home.failures.appending(name)
        let free = try Files.freeBytes(at: store.home.path)
        let kept = free >= Self.reserve ? step : nil
        // Made whole beside its place, then renamed.
        let draft = store.home.temporary.appending("failure-\(name)")
        try Files.createDirectory(draft, mode: 0o700)
        let recorded = step.map {
            FailedAction.Step(
                title: $0.title,
                sandbox: RecordedSandbox(
                    $0.spec, in: store.home, moving: $0.workspace,
                    to: Self.workspace(in: folder)))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try Files.write(
            Array(
                try encoder.encode(
                    FailedAction(
                        action: action, key: key, when: when, seconds: seconds,
                        message: failure.message, step: recorded))),
            to: Self.record(in: draft))
        if let kept { try Files.move(kept.workspace, to: Self.workspace(in: draft)) }
        for entry in try all() where entry.record.key == key { try remove(entry) }
        try Files.move(draft, to: folder)
        try prune()
        return kept != nil
    }

    /// An action that succeeded is not failing any more, whatever its inputs were before.
    func forget(action: String) throws {
        for entry in try all() where entry.record.action == action {
            try remove(entry)
            try removeLog(of: entry)
        }
    }

    private func prune() throws {
        let entries = try all()
        for entry in entries.dropFirst(Self.recordLimit) {
            try remove(entry)
            try removeLog(of: entry)
        }
        for entry in entries.filter(\.hasWorkspace).dropFirst(Self.workspaceLimit) {
            try FolderUse.removeUnlessUsed(
                Self.workspace(in: entry.folder), by: store.home.temporary)
        }
    }

    /// Removes the workspace and the record, unless somebody is inside.
    private func remove(_ entry: Entry) throws {
        let workspace = Self.workspace(in: entry.folder)
        guard try FolderUse.removeUnlessUsed(workspace, by: store.home.temporary) else { return }
        try FolderUse.removeUnlessUsed(entry.folder, by: store.home.temporary)
    }

    /// A log belongs to a key; the failure's is gone with its record unless that key has a result.
    private func removeLog(of entry: Entry) throws {
        let results = ActionResults(store: store)
        if results.result(for: entry.record.key) == nil {
            try Files.remove(results.log(for: entry.record.key))
        }
    }

    /// Where the workspace of a failure lies.
    package static func workspace(in folder: FilePath) -> FilePath {
        folder.appending("workspace")
    }

    private static func record(in folder: FilePath) -> FilePath {
        folder.appending("record.json")
    }

    /// A time in UTC that sorts as text, to the millisecond: `20250409T081500.123Z`.
    private static func stamp(_ time: Date) -> String {
        let format = Date.ISO8601FormatStyle(
            dateSeparator: .omitted, timeSeparator: .omitted, includingFractionalSeconds: true)
        return time.formatted(format)
    }
}
