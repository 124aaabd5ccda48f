/// The words of a command line that name what is measured.
struct MeasuringWords {
    /// Selections, and files that end in `.deb` or `.json`.
    let operands: [String]
    /// Words after `ruby`, from behind the `--`; none for the project's workloads.
    let program: [String]

    /// Divides words at the place of the `--`, which the parser has taken away.
    ///
    /// - Parameters:
    ///   - words: all words that are no options.
    ///   - arguments: the command line.
    init(_ words: [String], arguments: [String] = CommandLine.arguments) {
        let behind = arguments.drop { $0 != "--" }.dropFirst()
        program = Array(words.suffix(behind.count))
        operands = Array(words.dropLast(behind.count))
    }
}
