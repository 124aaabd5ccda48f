import Diagnostics
import Digest
import Foundation
import GRDB
package import Measurement
package import SystemPackage

/// Every recording that was made with a home, in one SQLite file; nothing in it is ever changed.
///
/// Several processes may use it at once. A recording is the text that `--output` writes, so that
/// nothing is lost of it; the columns beside it are for finding it again.
package struct History: Sendable {
    /// The name of the file in a home.
    package static let fileName = "measurements.sqlite"

    private let database: DatabaseQueue
    private let file: FilePath

    /// What is known of a recording without reading it.
    package struct Entry: Sendable, Hashable, Codable {
        /// In the order in which they were added, from 1.
        package let number: Int64
        /// Of the recording's text, SHA-256.
        package let sha256: String
        package let startedAt: String
        /// Labels of the arms.
        package let arms: [String]
        package let workloads: [String]
        /// How many runs it has, those that failed included.
        package let runs: Int
    }

    /// Opens a history, or makes an empty one.
    ///
    /// - Parameter file: the SQLite file, in a folder that is there.
    /// - Throws: `Failure` of kind `environment` when it is no history, or cannot be written.
    package init(at file: FilePath) throws {
        self.file = file
        var configuration = Configuration()
        configuration.busyMode = .timeout(30)
        database = try Self.explaining(file) {
            let queue = try DatabaseQueue(path: file.string, configuration: configuration)
            try Self.migrator.migrate(queue)
            return queue
        }
    }

    /// That nothing is changed is the file's own rule, whoever opens it.
    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("recordings") { database in
            try database.execute(
                sql: """
                    CREATE TABLE recording (
                        number INTEGER PRIMARY KEY AUTOINCREMENT,
                        sha256 TEXT NOT NULL UNIQUE,
                        startedAt TEXT NOT NULL,
                        arms TEXT NOT NULL,
                        workloads TEXT NOT NULL,
                        runs INTEGER NOT NULL,
                        document BLOB NOT NULL
                    );
                    CREATE TRIGGER recordingStays BEFORE DELETE ON recording
                    BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
                    CREATE TRIGGER recordingIsNotChanged BEFORE UPDATE ON recording
                    BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
                    """)
        }
        return migrator
    }

    /// Adds a recording.
    ///
    /// - Returns: whether it was new; the same text is kept once.
    /// - Throws: `Failure` of kind `environment` when it cannot be written.
    package func add(_ recording: Recording) throws -> Bool {
        let document = try Self.text(of: recording)
        let digest = SHA256Digest(of: document).hex
        let words = try [recording.arms.map(\.label), recording.workloads.map(\.name)].map {
            String(decoding: try JSONEncoder().encode($0), as: UTF8.self)
        }
        return try Self.explaining(file) {
            try database.write { database in
                // Not `OR IGNORE`, which uses up a number.
                let known = try Int64.fetchOne(
                    database, sql: "SELECT number FROM recording WHERE sha256 = ?",
                    arguments: [digest])
                guard known == nil else { return false }
                try database.execute(
                    sql: """
                        INSERT INTO recording
                            (sha256, startedAt, arms, workloads, runs, document)
                        VALUES (?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        digest, recording.startedAt, words[0], words[1], recording.runs.count,
                        document,
                    ])
                return true
            }
        }
    }

    /// All recordings, in the order in which they were added.
    ///
    /// - Throws: `Failure` of kind `environment` when they cannot be read.
    package func entries() throws -> [Entry] {
        try Self.explaining(file) {
            try database.read { database in
                try Row.fetchAll(
                    database,
                    sql: """
                        SELECT number, sha256, startedAt, arms, workloads, runs FROM recording
                        ORDER BY number
                        """
                ).map { row in
                    let lists = try [row["arms"] as Data, row["workloads"] as Data].map {
                        try JSONDecoder().decode([String].self, from: $0)
                    }
                    return Entry(
                        number: row["number"], sha256: row["sha256"], startedAt: row["startedAt"],
                        arms: lists[0], workloads: lists[1], runs: row["runs"])
                }
            }
        }
    }

    /// One recording.
    ///
    /// - Parameter number: its number.
    /// - Returns: it; nil when there is none of this number.
    /// - Throws: `Failure` of kind `environment` when it cannot be read.
    package func recording(_ number: Int64) throws -> Recording? {
        try Self.explaining(file) {
            let document = try database.read { database in
                try Data.fetchOne(
                    database, sql: "SELECT document FROM recording WHERE number = ?",
                    arguments: [number])
            }
            return try document.map { try JSONDecoder().decode(Recording.self, from: $0) }
        }
    }

    /// Keys in one order: equal recordings have equal texts.
    private static func text(of recording: Recording) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(recording)
    }

    private static func explaining<Value>(_ file: FilePath, _ body: () throws -> Value) throws
        -> Value
    {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw Failure(
                .environment,
                "the history `\(file)` cannot be used: \(error.message ?? "\(error.resultCode)")",
                hint: "move the file away to begin a new one")
        }
    }
}
