import Dispatch
import Foundation
import Synchronization

/// Listens for the signals with which people and service managers stop a program.
final class SignalWatch: Sendable {
    /// The one of this process: signals are sent to processes.
    static let shared = SignalWatch()

    private let first = Mutex<Int32?>(nil)
    private let isConversing = Mutex(false)

    /// The first signal that came; nil when none did.
    var received: Int32? { first.withLock { $0 } }

    /// Runs a body that waits for a program on our terminal: its Ctrl-C is meant for that program.
    func leavingInterruptsToChild<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        isConversing.withLock { $0 = true }
        defer { isConversing.withLock { $0 = false } }
        return try await body()
    }

    /// Calls `stop` on the first SIGINT or SIGTERM; a second one ends the process at once.
    func start(_ stop: @escaping @Sendable () -> Void) {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [self] in
                // The handler holds its own source, which lives as long as the process.
                withExtendedLifetime(source) {}
                if number == SIGINT, isConversing.withLock({ $0 }) { return }
                let isFirst = first.withLock { first in
                    defer { first = first ?? number }
                    return first == nil
                }
                if isFirst { stop() } else { _exit(128 + number) }
            }
            source.resume()
        }
    }
}
