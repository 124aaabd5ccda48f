import Foundation
import Synchronization

/// Shows running work: a block of redrawn lines on a terminal, calm lines elsewhere.
package final class ProgressDisplay: Sendable {
    private struct Running {
        let id: String
        let verb: String
        let label: String
        var step: String?
        let start: ContinuousClock.Instant
    }

    private struct State {
        /// What began first stands first.
        var running: [Running] = []
        /// Labels of what was not needed since the last line.
        var fresh: [String] = []
        /// Lines of the block that are on the screen.
        var drawn = 0
        var lastLine = ContinuousClock.now
    }

    /// How long calm output stays silent before it says that work goes on.
    private static let heartbeat = Duration.seconds(60)
    private static let verbWidth = 12
    /// So many lines are redrawn at most; what else runs is counted.
    private static let blockLimit = 8

    private let console: Console
    private let state = Mutex(State())

    package init(console: Console) {
        self.console = console
    }

    /// Work begins; on a plain stream this is one line.
    ///
    /// - Parameters:
    ///   - id: tells this work from what else runs.
    ///   - verb: what is done, for people.
    ///   - label: what it is done to.
    package func begin(_ id: String, verb: String, label: String) {
        state.withLock { state in
            erase(&state)
            flushFresh(&state)
            state.running.append(
                Running(id: id, verb: verb, label: label, step: nil, start: .now))
            if console.isLive { redraw(&state) } else { line(&state, verb, label) }
        }
    }

    /// Running work has come to a named step.
    package func step(_ id: String, _ title: String) {
        state.withLock { state in
            guard let index = state.running.firstIndex(where: { $0.id == id }) else { return }
            state.running[index].step = title
            if console.isLive { redraw(&state) }
        }
    }

    /// Work ended; on a terminal this line stays.
    package func end(
        _ id: String, verb: String, label: String, seconds: Double, isGood: Bool = true
    ) {
        state.withLock { state in
            erase(&state)
            state.running.removeAll { $0.id == id }
            line(
                &state, verb, label + console.style.faint(" in \(Readable.duration(seconds))"),
                isGood: isGood)
            if console.isLive { redraw(&state) }
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
            } else if let first = state.running.first, .now - state.lastLine > Self.heartbeat {
                let others = state.running.count - 1
                let more = others > 0 ? ", and \(others) more" : ""
                line(&state, "Running", description(of: first) + more)
            }
        }
    }

    /// Takes the live lines away, before results or failures are printed.
    package func close() {
        state.withLock { state in
            erase(&state)
            flushFresh(&state)
            state.running = []
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

    private func description(of running: Running) -> String {
        let elapsed = (.now - running.start) / Duration.seconds(1)
        let step = running.step.map { " · \($0)" } ?? ""
        return "\(running.label)\(step) \(Readable.duration(elapsed))"
    }

    private func redraw(_ state: inout State) {
        guard !console.isQuiet, !state.running.isEmpty else { return }
        let room = max(10, Self.width() - Self.verbWidth - 2)
        var lines = state.running.prefix(Self.blockLimit).map { running in
            let padding = String(
                repeating: " ", count: max(0, Self.verbWidth - running.verb.count))
            return "\(padding)\(console.style.hint(running.verb))"
                + " \(description(of: running).prefix(room))"
        }
        let hidden = state.running.count - lines.count
        if hidden > 0 {
            lines.append(String(repeating: " ", count: Self.verbWidth + 1) + "and \(hidden) more")
        }
        // In one piece, so that nothing flickers.
        console.draw(eraser(of: state.drawn) + lines.joined(separator: "\n"))
        state.drawn = lines.count
    }

    private func erase(_ state: inout State) {
        if state.drawn > 0 { console.draw(eraser(of: state.drawn)) }
        state.drawn = 0
    }

    /// What clears lines of which the last has the cursor (ECMA-48: EL and CUU).
    private func eraser(of lines: Int) -> String {
        guard lines > 0 else { return "" }
        return "\r\u{1B}[2K" + String(repeating: "\u{1B}[1A\u{1B}[2K", count: lines - 1)
    }

    private static func width() -> Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
