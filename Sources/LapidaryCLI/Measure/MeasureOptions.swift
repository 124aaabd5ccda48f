import ArgumentParser
import Diagnostics
import Foundation
import HostSystem
import Measurement
import SystemPackage

/// How a result is shown.
enum ResultFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

/// What `measure` and `compare` have in common.
struct MeasureOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Measure this Ruby of the machine, outside any sandbox; may be given several times.",
            valueName: "path"))
    var ruby: [String] = []

    @Option(
        help: ArgumentHelp(
            "Run these of the project's workloads; default: w1,w2.", valueName: "name,…"))
    var workload: String?

    @Option(
        help: ArgumentHelp(
            "Run each workload so often in each Ruby; default: 6.", valueName: "count"))
    var runs = 6

    @Option(
        name: .customLong("env"),
        help: ArgumentHelp(
            "Set a variable for the programs; with a number and a colon before it, for the Ruby"
                + " with that number only: 2:MALLOC_ARENA_MAX=2.", valueName: "name=value"))
    var environment: [String] = []

    @Option(
        help: ArgumentHelp(
            "Leave the program alone for so long after its work, before garbage is collected;"
                + " default: 0, of w5 5.", valueName: "seconds"))
    var settle: Double?

    @Option(
        help: ArgumentHelp("End a run after so long; default: 600.", valueName: "seconds"))
    var timeout = 600.0

    @Flag(help: "Map the settled heap too, as `lapidary heapmap` does.")
    var heapMap = false

    @Option(
        help: ArgumentHelp("Write everything that was measured, as JSON.", valueName: "file"))
    var output: String?

    @Flag(help: "Keep nothing of it in the home's history.")
    var noHistory = false

    @Option(help: "How to show the result: text, or json for programs.")
    var format: ResultFormat = .text

    mutating func validate() throws {
        guard (1...100).contains(runs) else { throw ValidationError("--runs takes 1 to 100") }
        if let settle, !(0...3600).contains(settle) {
            throw ValidationError("--settle takes seconds, up to an hour")
        }
        guard timeout > 0, timeout <= 86_400 else {
            throw ValidationError("--timeout takes seconds, up to a day")
        }
        _ = try settings(count: .max)
    }

    /// How long programs are left alone, when that was said.
    var idle: Duration? { settle.map { .milliseconds(Int64($0 * 1000)) } }

    /// What is set in each arm, by its place.
    ///
    /// - Parameter count: how many arms there are.
    /// - Returns: the variables of the arm with a number, from 1.
    /// - Throws: `ValidationError` for a word that sets nothing, or for no arm of them.
    func settings(count: Int) throws -> (_ place: Int) -> [String: String] {
        var settings: [(place: Int?, name: String, value: String)] = []
        for word in environment {
            guard
                let match = word.wholeMatch(
                    of: /(?:([0-9]{1,3}):)?([A-Za-z_][A-Za-z0-9_]*)=((?s).*)/)
            else {
                throw ValidationError("--env takes NAME=VALUE or NUMBER:NAME=VALUE, not `\(word)`")
            }
            let place = match.1.flatMap { Int($0) }
            if let place, place < 1 || place > count {
                throw ValidationError("`--env \(word)`: there is no Ruby number \(place)")
            }
            settings.append((place, String(match.2), String(match.3)))
        }
        return { place in
            var environment: [String: String] = [:]
            for setting in settings where setting.place == nil || setting.place == place {
                environment[setting.name] = setting.value
            }
            return environment
        }
    }

    /// The file that `--output` names; minutes of work must not end in one that cannot be written.
    func outputFile() throws -> FilePath? {
        guard let output else { return nil }
        let file = GlobalOptions.absolute(output)
        guard Files.isDirectory(file.removingLastComponent()), !Files.isDirectory(file) else {
            throw Failure(
                .usage, "cannot write `\(file)`",
                hint: "--output takes a file in a folder that is there")
        }
        return file
    }

    /// Names of workloads, when some were named.
    func workloadNames() throws -> [String]? {
        guard let workload else { return nil }
        let names = workload.split(separator: ",", omittingEmptySubsequences: false)
            .map(String.init)
        guard !names.contains(""), Set(names).count == names.count else {
            throw Failure(.usage, "`--workload \(workload)` has an empty name, or one twice")
        }
        return names
    }
}
