import Measurement

/// What one run comes to; bytes and seconds.
package struct RunFigures: Sendable, Hashable {
    /// Where it stood among all runs.
    package let position: Int
    /// Anonymous memory after collections and rest: the figure to compare by.
    package let settled: Double
    /// Anonymous memory when the work was done.
    package let atEnd: Double?
    /// The most that was ever resident.
    package let peak: Double?
    /// Resident memory while the program worked, averaged over time.
    package let mean: Double?
    /// What is still resident after the collections.
    package let resident: Double
    package let wallSeconds: Double
    package let cpuSeconds: Double?
    /// Where its samples are: the number of the recording, and of the run in it.
    package let recording: Int
    package let run: Int

    /// Nil of a run that did not come to its end.
    init?(_ run: Run, recording: Int, number: Int) {
        guard run.isComplete, let settled = Figure.settled.value(of: run), let end = run.settled
        else { return nil }
        position = run.position
        self.settled = settled
        atEnd = Figure.atEnd.value(of: run)
        peak = Figure.peak.value(of: run)
        mean = Figure.meanResident.value(of: run)
        resident = Double(end.rss)
        wallSeconds = Double(run.wallNanoseconds) / 1e9
        cpuSeconds = Figure.cpu.value(of: run).map { $0 / 1e9 }
        self.recording = recording
        self.run = number
    }
}
