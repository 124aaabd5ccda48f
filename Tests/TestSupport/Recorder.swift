import Synchronization

/// Keeps what several tasks tell, in the order in which it came.
package final class Recorder<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    package init() {}

    package var all: [Value] { values.withLock { $0 } }

    package func add(_ value: Value) {
        values.withLock { $0.append(value) }
    }
}
