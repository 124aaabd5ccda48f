package import Diagnostics
import Foundation

/// The two streams: results on standard output, everything else on standard error.
package struct Console: Sendable {
    /// When to use colour.
    package enum ColourChoice: String, Sendable, CaseIterable {
        case auto, always, never
    }

    package let isQuiet: Bool
    /// Whether standard error is a terminal that can redraw lines.
    package let isLive: Bool
    /// The style of standard error.
    package let style: Style
    /// The style of standard output.
    package let outputStyle: Style

    /// Looks at the streams and at NO_COLOR (no-color.org) and TERM once.
    ///
    /// - Parameters:
    ///   - colour: what the user asked for.
    ///   - isQuiet: whether only results and failures are printed.
    ///   - environment: the process's environment.
    package init(colour: ColourChoice, isQuiet: Bool, environment: [String: String]) {
        let isDumb = environment["TERM"] == "dumb" || environment["TERM"] == nil
        let noColour = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        func style(_ descriptor: Int32) -> Style {
            switch colour {
            case .always: Style(isColoured: true)
            case .never: Style(isColoured: false)
            case .auto: Style(isColoured: isatty(descriptor) == 1 && !isDumb && !noColour)
            }
        }
        self.isQuiet = isQuiet
        isLive = isatty(STDERR_FILENO) == 1 && !isDumb && environment["CI"] == nil
        self.style = style(STDERR_FILENO)
        outputStyle = style(STDOUT_FILENO)
    }

    /// The type of the terminal at standard input, for terminfo(5); nil when there is none.
    package static func terminalType(_ environment: [String: String]) -> String? {
        isatty(STDIN_FILENO) == 1 ? environment["TERM"] ?? "dumb" : nil
    }

    /// Prints a result to standard output.
    package func output(_ text: String) {
        write(text + "\n", to: .standardOutput)
    }

    /// Prints something for the person who watches, unless quiet.
    package func message(_ text: String) {
        if !isQuiet { write(text + "\n", to: .standardError) }
    }

    /// Prints a failure: the sentence, what belongs to it, and what to do next.
    package func report(_ failure: Failure) {
        var lines = ["\(style.bad("error:")) \(failure.message)"]
        lines += failure.details.map { "  \($0)" }
        if let hint = failure.hint { lines.append("\(style.hint("hint:")) \(hint)") }
        write(lines.joined(separator: "\n") + "\n", to: .standardError)
    }

    /// Writes raw text to standard error, for displays that redraw.
    func draw(_ text: String) {
        write(text, to: .standardError)
    }

    private func write(_ text: String, to stream: FileHandle) {
        // A reader that went away (`lapidary list | head`) is no reason to fail.
        try? stream.write(contentsOf: Data(text.utf8))
    }
}
