import ArgumentParser
import Diagnostics
import Recipe
import Terminal
import Workflow

/// `lapidary lint`.
struct LintCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint", abstract: "Check every recipe and report every problem.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var result: ResultOptions

    /// One problem, for programs.
    private struct Problem: Encodable {
        let file: String
        let line: Int
        let column: Int
        let message: String
        let hint: String?
    }

    private struct Result: Encodable {
        let schema = JSONOutput.schema
        let problems: [Problem]
    }

    func run() async throws {
        let console = global.console()
        let files = try ProjectLoader.files(of: try global.project())
        let diagnostics = Catalog.lint(files: files)
        if result.json {
            let problems = diagnostics.map {
                Problem(
                    file: $0.location.file, line: $0.location.line, column: $0.location.column,
                    message: $0.message, hint: $0.hint)
            }
            console.output(try JSONOutput.text(Result(problems: problems)))
        } else {
            for diagnostic in diagnostics { console.output(diagnostic.description) }
        }
        let recipes = files.count { $0.path.hasSuffix(".yaml") }
        guard diagnostics.isEmpty else {
            throw Failure(
                .failed,
                "lint found \(diagnostics.count) problem\(diagnostics.count == 1 ? "" : "s")"
                    + " in \(Set(diagnostics.map(\.location.file)).count) of \(files.count) files")
        }
        if !result.json { console.message("\(recipes) recipes, no problem") }
    }
}
