import ArgumentParser
import Diagnostics
import HeapMap
import HostSystem
import Terminal

/// `lapidary heapmap`.
struct HeapMapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heapmap",
        abstract: "Map the memory of a running program: what is used, free, and kept for nothing.",
        usage: """
            lapidary heapmap --pid <pid> [<options>]
            lapidary heapmap [--after <seconds>] [<options>] -- <command> ...
            """,
        discussion: """
            Works from outside, on any 64-bit program that uses glibc 2.31 to 2.43, without symbols \
            and without code in the program. The program stands still while it is read, 30 to \
            60 ms for each 100 MB, and goes on whatever becomes of lapidary. What is in its \
            memory is never printed.

            A COMMAND is mapped just before it ends; with --after so many seconds after its start, \
            and it is stopped then. What it prints goes to standard error; its input is empty.

            Whatever is found has to hold together: every chunk, every bin, every sum. Where it \
            does not, the answer is "map unavailable" with the reason, and exit code 3. Programs \
            with jemalloc, tcmalloc or mimalloc get their regions without a map of chunks.
            """)

    /// How the map is shown.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @OptionGroup var global: GlobalOptions
    @Option(help: ArgumentHelp("Map the process with this number.", valueName: "pid"))
    var pid: Int32?
    @Option(
        help: ArgumentHelp(
            "Map the command after so many seconds, and stop it then; default: just before it"
                + " ends.", valueName: "seconds"))
    var after: Double?
    @Option(help: "How to show it: text, or json for programs.")
    var format: Format = .text
    @Flag(
        help: ArgumentHelp(
            "Draw page by page and add the runs of chunks, for `lapidary report`; with --format"
                + " json.")) var detail = false
    @Argument(parsing: .postTerminator, help: "A program to start and map.")
    var command: [String] = []

    mutating func validate() throws {
        guard (pid == nil) != command.isEmpty else {
            throw ValidationError("name either a process with --pid, or a command after --")
        }
        if detail, format != .json { throw ValidationError("--detail goes with --format json") }
        if let pid, pid < 1 { throw ValidationError("--pid takes the number of a process") }
        if pid != nil, after != nil { throw ValidationError("--after goes with a command") }
        if let after, !(0...86_400).contains(after) {
            throw ValidationError("--after takes seconds, up to a day")
        }
    }

    func run() async throws {
        let console = global.console()
        let (map, ending) = try await mapped()
        switch format {
        case .text: console.output(HeapMapText(map, style: console.outputStyle).text)
        case .json: console.output(try JSONOutput.text(HeapMapResult(map)))
        }
        if let ending, ending != .exited(0) {
            console.message("`\(command[0])` ended with \(ending)")
        }
        if case .unavailable(let reason) = map.heap {
            throw Failure(
                .environment, "map unavailable: \(reason)",
                hint: "the regions above are all that can be told")
        }
    }

    private func mapped() async throws -> (ProcessMap, CommandResult.Ending?) {
        let fineness: Fineness = detail ? .chunks : .cells
        if let pid { return (try LiveMapper(process: pid, fineness: fineness).map(), nil) }
        return try await ProgramMapper(fineness: fineness).map(
            Command(command[0], Array(command.dropFirst())),
            at: after.map { .after(.milliseconds(Int($0 * 1000))) } ?? .atEnd)
    }
}
