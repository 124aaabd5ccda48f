import Execution
import Foundation
import HostSystem
import Planning
import Terminal
import Workflow

/// One run of a command that works: its context, and the display of its progress.
struct Session: Sendable {
    let console: Console
    let context: Context
    private let display: ProgressDisplay

    /// - Parameters:
    ///   - global: options of every command.
    ///   - work: options of the commands that work.
    ///   - lock: options of the commands that build.
    ///   - needsProject: whether there must be a project here; the current folder does otherwise.
    ///   - buildsOnDisk: whether memory is left alone.
    /// - Throws: `Failure` of kind `usage` without a project or a place for the home.
    init(
        _ global: GlobalOptions, _ work: WorkOptions, _ lock: LockOptions? = nil,
        needsProject: Bool = true, buildsOnDisk: Bool = false
    ) throws {
        let console = global.console()
        let display = ProgressDisplay(console: console)
        let environment = ProcessInfo.processInfo.environment
        let host = Machine.current()
        let log = try work.events.map { try EventLog(GlobalOptions.absolute($0)) }
        self.console = console
        self.display = display
        context = Context(
            project: try needsProject ? global.project() : GlobalOptions.absolute("."),
            home: try global.resolvedHome(), host: host,
            runner: SubprocessRunner(), mirror: work.mirror ?? environment["LAPIDARY_MIRROR"],
            securityMirror: work.securityMirror ?? environment["LAPIDARY_SECURITY_MIRROR"],
            jobs: work.jobs ?? host.processors, waits: !work.noWait, refreshes: work.refresh,
            allowsUnverified: work.unverified.allowUnverified,
            allowsInsecureSources: work.allowInsecureSources, isLocked: lock?.locked ?? false,
            isOffline: lock?.offline ?? false, buildsOnDisk: buildsOnDisk, now: { Date() },
            events: { event in
                Self.show(event, on: display)
                log?.add(event)
            })
    }

    /// Runs `body` with a live display, which is gone when it ends.
    func run<Value: Sendable>(_ body: (Context) async throws -> Value) async throws -> Value {
        try await display.live { try await body(context) }
    }

    private static func show(_ event: BuildEvent, on display: ProgressDisplay) {
        switch event {
        case .planned: break
        case .started(let id):
            display.begin(
                id.description, verb: verb(id, isDone: false), label: label(id))
        case .step(let id, let title): display.step(id.description, title)
        case .progress(let id, let done, let size):
            display.step(
                id.description, "\(Readable.bytes(done)) of \(Readable.bytes(size))")
        case .fresh(let id): display.fresh(label: id.description)
        case .finished(let id, let seconds):
            display.end(
                id.description, verb: verb(id, isDone: true), label: label(id), seconds: seconds)
        case .failed(let id, let seconds):
            display.end(
                id.description, verb: "Failed", label: label(id), seconds: seconds, isGood: false)
        case .note(let text): display.note("             \(text)")
        }
    }

    /// An action's id begins with what it does.
    private static let verbs: [Substring: (doing: String, done: String)] = [
        "check": ("Checking", "Checked"),
        "dbgsym": ("Packaging", "Packaged"), "compile": ("Compiling", "Compiled"),
        "derive": ("Deriving", "Derived"),
        "evidence": ("Describing", "Described"),
        "fetch": ("Fetching", "Fetched"), "package": ("Packaging", "Packaged"),
        "rebuild": ("Rebuilding", "Rebuilt"),
        "root": ("Assembling", "Assembled"), "smoke": ("Testing", "Tested"),
    ]

    private static func verb(_ id: ActionID, isDone: Bool) -> String {
        let word = id.description.prefix { $0 != " " }
        guard let verb = verbs[word] else { return String(word) }
        return isDone ? verb.done : verb.doing
    }

    private static func label(_ id: ActionID) -> String {
        let words = id.description.split(separator: " ", maxSplits: 1)
        if words.count == 2, words[0] == "root" || words[0] == "dbgsym" {
            return words.joined(separator: " ")
        }
        return String(words.last ?? "")
    }
}
