package import SystemPackage

/// A place where programs run with one Ruby: this machine, or a sandbox with a package in it.
package protocol MeasuringRoom: Sendable {
    /// The program `ruby`, as it is named inside.
    var ruby: String { get }

    /// A file or folder of the machine, as programs inside see it.
    func inside(_ path: FilePath) -> String

    /// A file that programs inside name, as this machine sees it.
    func outside(_ path: String) -> FilePath

    /// Runs a program to its end, with its output appended to its log and with empty input.
    ///
    /// - Parameters:
    ///   - program: what to run.
    ///   - started: is told the id of the process that was started.
    /// - Returns: how it ended.
    /// - Throws: `Failure` of kind `environment` when it cannot be started.
    func run(_ program: MeasuredProgram, started: @escaping @Sendable (Int32) -> Void) async throws
        -> RunEnding

    /// Finds a process.
    ///
    /// - Parameters:
    ///   - leader: the process that was started.
    ///   - announced: the process's number as it sees it itself.
    /// - Returns: its number for this process; nil when it is not among those that were started.
    func process(leader: Int32, announced: Int32) -> Int32?
}

/// One program to run once.
package struct MeasuredProgram: Sendable, Hashable {
    /// Words after `ruby`.
    package var arguments: [String]
    /// Variables to set.
    package var environment: [String: String]
    /// The only folder of the machine that the program needs to write to.
    package var folder: FilePath
    package var log: FilePath
    /// Seconds after which it is ended.
    package var timeout: Double
}
