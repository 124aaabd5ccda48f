import Foundation
import Synchronization

/// Shows running work: one redrawn line on a terminal, calm lines elsewhere.
package final class ProgressDisplay: Sendable {
    private struct Running {
        let verb: String
        let label: String
        var step: String?
        let start: ContinuousClock.Instant
    }

    private struct State {
        var running: Running?
        /// Labels of what was not needed since the last line.
        var fresh: [String] = []
        var isDrawn = false
        var lastLine = ContinuousClock.now
    }

    /// How long calm output stays silent before it says that work goes on.
    private static let heartbeat = Duration.seconds(60)
    private static let verbWidth = 12

    private let console: Console
    private let state = Mutex(State())

    package init(console: Console) {
        self.console = console
    }

    /// Work begins; on a plain stream this is one line.
    package func begin(verb: String, label: String) {
        state.withLock { state in
            flushFresh(&state)
            state.running = Running(verb: verb, label: label, step: nil, start: .now)
            if console.isLive { redraw(&state) } else { line(&state, verb, label) }
        }
    }

    /// The running work has come to a named step.
    package func step(_ title: String) {
        state.withLock { state in
            state.running?.step = title
            if console.isLive { redraw(&state) }
        }
    }

    /// Work ended; on a terminal this line stays.
    package func end(verb: String, label: String, seconds: Double, isGood: Bool = true) {
        state.withLock { state in
            erase(&state)
            state.running = nil
            line(
                &state, verb, label + console.style.faint(" in \(Readable.duration(seconds))"),
                isGood: isGood)
        }
    }

    /// Work was not needed; what follows upon each other becomes one line.
    package func fresh(label: String) {
        state.withLock { $0.fresh.append(label) }
    }

    /// A line between the others.
    package func note(_ text: String) {
        state.withLock { state in
            erase(&state)
            flushFresh(&state)
            console.message(text)
            state.lastLine = .now
            if console.isLive { redraw(&state) }
        }
    }

    /// Refreshes elapsed times; to be called a few times a second.
    package func tick() {
        state.withLock { state in
            if console.isLive {
                redraw(&state)
            } else if let running = state.running, .now - state.lastLine > Self.heartbeat {
                let elapsed = (.now - running.start) / Duration.seconds(1)
                let step = running.step.map { " (\($0))" } ?? ""
                line(&state, "Running", "\(running.label)\(step) \(Readable.duration(elapsed))")
            }
        }
    }

    /// Takes the live line away, before results or failures are printed.
    package func close() {
        state.withLock { state in
            erase(&state)
            flushFresh(&state)
            state.running = nil
        }
    }

    private func flushFresh(_ state: inout State) {
        guard let first = state.fresh.first else { return }
        line(&state, "Fresh", state.fresh.count == 1 ? first : "\(state.fresh.count) actions")
        state.fresh = []
    }

    private func line(
        _ state: inout State, _ verb: String, _ label: String, isGood: Bool = true
    ) {
        let padding = String(repeating: " ", count: max(0, Self.verbWidth - verb.count))
        let coloured = isGood ? console.style.good(verb) : console.style.bad(verb)
        console.message("\(padding)\(coloured) \(label)")
        state.lastLine = .now
    }

    private func redraw(_ state: inout State) {
        guard !console.isQuiet, let running = state.running else { return }
        erase(&state)
        let elapsed = (.now - running.start) / Duration.seconds(1)
        let step = running.step.map { " · \($0)" } ?? ""
        let padding = String(repeating: " ", count: max(0, Self.verbWidth - running.verb.count))
        let room = Self.width() - Self.verbWidth - 2
        let text = "\(running.label)\(step) \(Readable.duration(elapsed))"
        console.draw("\(padding)\(console.style.hint(running.verb)) \(text.prefix(max(10, room)))")
        state.isDrawn = true
    }

    private func erase(_ state: inout State) {
        if state.isDrawn { console.draw("\r\u{1B}[2K") }
        state.isDrawn = false
    }

    private static func width() -> Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
