package import Planning

/// What happens while a plan runs, for whoever shows or records it.
package enum BuildEvent: Sendable, Hashable {
    /// A plan of this many actions begins.
    case planned(Int)
    case started(ActionID)
    /// A running action has come to a named step.
    case step(ActionID, String)
    /// So many bytes of all that a running action waits for have come.
    case progress(ActionID, done: Int64, of: Int64)
    /// The action's result was in the store.
    case fresh(ActionID)
    case finished(ActionID, seconds: Double)
    /// What was tried did not pass.
    case failed(ActionID, seconds: Double)
    /// A line worth showing that belongs to no action.
    case note(String)
}

/// Receives events; called from any task.
package typealias EventSink = @Sendable (BuildEvent) -> Void
