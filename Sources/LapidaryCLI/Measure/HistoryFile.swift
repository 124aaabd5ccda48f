import HostSystem
import Measurement
import MeasurementHistory
import Store
import SystemPackage
import Terminal

extension GlobalOptions {
    /// The history of the home, which is made when there is none yet.
    ///
    /// - Throws: `Failure` of kind `environment` when it cannot be used.
    func history() throws -> History {
        let home = try resolvedHome()
        try Files.createDirectory(home.path)
        return try History(at: home.path.appending(History.fileName))
    }

    /// Adds a recording to the home's history.
    ///
    /// Minutes of work are not lost for a history that cannot be written; it is said, and that is
    /// all.
    func remember(_ recording: Recording, on console: Console) {
        do {
            _ = try history().add(recording)
        } catch {
            console.message("not in the history: \(error)")
        }
    }
}
