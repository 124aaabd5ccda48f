import ArgumentParser
import Lock
import Terminal
import Workflow

/// `lapidary pin diff`.
struct PinDiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what moved between two locks.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var result: ResultOptions
    @Argument(help: "The older lock.")
    var old: String
    @Argument(help: "The newer lock.")
    var new: String

    private struct Result: Encodable {
        let schema = JSONOutput.schema
        let moves: [PinResult.Move]
    }

    func run() async throws {
        let console = global.console()
        let (before, after) = (
            try LockFile.read(GlobalOptions.absolute(old), name: old),
            try LockFile.read(GlobalOptions.absolute(new), name: new)
        )
        let moves = after.moves(from: before).map(PinResult.Move.init)
        if result.json { return console.output(try JSONOutput.text(Result(moves: moves))) }
        PinResult.print(moves, on: console)
    }
}
