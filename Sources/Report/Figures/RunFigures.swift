import Measurement

/// What one run comes to; bytes and seconds.
package struct RunFigures: Sendable, Hashable {
    /// Which turn of its workload and arm it was, and where it stood among all runs.
    package let round: Int
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
        guard run.isComplete, let settled = run.settled else { return nil }
        round = run.round
        position = run.position
        self.settled = Double(settled.pssAnonymous ?? settled.anonymous)
        atEnd = run.atEnd.map { Double($0.pssAnonymous ?? $0.anonymous) }
        let highest = run.samples.map(\.rss).max()
        peak = (settled.peak ?? run.atEnd?.peak ?? highest).map(Double.init)
        mean = Self.mean(of: run.samples, until: run.atEnd?.t)
        resident = Double(settled.rss)
        wallSeconds = Double(run.wallNanoseconds) / 1e9
        cpuSeconds = run.cpuNanoseconds.map { Double($0) / 1e9 }
        self.recording = recording
        self.run = number
    }

    /// The mean over time, each sample counting until the next.
    private static func mean(of samples: [MemorySample], until end: Double?) -> Double? {
        let samples = samples.filter { $0.t <= end ?? .infinity }
        var sum = 0.0
        var time = 0.0
        for (sample, next) in zip(samples, samples.dropFirst()) where next.t > sample.t {
            sum += Double(sample.rss) * (next.t - sample.t)
            time += next.t - sample.t
        }
        return time > 0 ? sum / time : samples.first.map { Double($0.rss) }
    }
}
